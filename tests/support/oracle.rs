//! The second implementation: derives the objects that a function should write, and compares.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::process::{Environment, Process};
use crate::tools;
use crate::world::World;

const LIMIT: Duration = Duration::from_mins(2);

/// Whether the time at which a report was made is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneratedTime {
    /// The stand-in answers the same time to everyone.
    Compared,
    /// The stand-in answers the time of the call.
    Ignored,
}

/// Writes the objects that `function` should write in `world` into a folder, with the credentials in `environment`.
pub fn derive(function: &str, world: &World, environment: &Environment, folder: &Path) {
    derive_at(world.text("/scheduled_time"), function, environment, folder, None);
}

/// The same for a run of another time, before which the bucket had the objects of the folder `before`.
pub fn derive_at(time: &str, function: &str, environment: &Environment, folder: &Path, before: Option<&Path>) {
    fs::create_dir_all(folder).expect("the folder is writable");
    let mut command = tools::python(&format!("tests/oracle/{}.py", function.replace('-', "_")));
    command.arg(folder).args(before).envs(environment).env("SCHEDULED_TIME", time);
    Process::run("the oracle", &mut command, LIMIT).expect_success(&format!("the oracle of {function}"));
}

/// Downloads every object of a bucket into a folder.
pub fn fetch(environment: &Environment, folder: &Path) {
    fs::create_dir_all(folder).expect("the folder is writable");
    let mut command = tools::python("tests/oracle/fetch.py");
    command.arg(folder).envs(environment);
    Process::run("fetch.py", &mut command, LIMIT).expect_success("downloading the objects");
}

/// Compares the objects of two folders, and says how they differ.
pub fn compare(expected: &Path, actual: &Path, generated_time: GeneratedTime) -> Result<(), String> {
    let mut command = tools::python("tests/oracle/compare.py");
    command.args([expected, actual]);
    if generated_time == GeneratedTime::Ignored {
        command.arg("--ignore-generated-time");
    }
    let finished = Process::run("compare.py", &mut command, LIMIT);
    match finished.code {
        Some(0) => Ok(()),
        _ => Err(finished.stdout + &finished.stderr),
    }
}
