//! Where things are: node, its packages, and Chromium.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that Chromium and its like have.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate is two folders below the workspace")
}

/// The folder for all that is made here.
pub(crate) fn target() -> PathBuf {
    workspace().join("target/page")
}

/// Chromium, which `tools/chromium.sh` installs.
pub(crate) fn chromium() -> PathBuf {
    CHROMIUM.into_iter().find_map(program).unwrap_or_else(|| {
        panic!("none of {} is in PATH: run tools/chromium.sh, or install the package chromium", CHROMIUM.join(", "))
    })
}

fn program(name: &str) -> Option<PathBuf> {
    env::split_paths(&search_path()).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where programs are: node is the system's, else the one that comes with the tests' Python packages.
#[expect(clippy::disallowed_methods, reason = "the test's own search for programs is no setting of the functions")]
fn search_path() -> OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(workspace().join("target/venv-tests/bin"));
    path
}

/// A folder with the packages of `sources`, installed by its lock file where they are not yet.
pub(crate) fn packages(name: &str, sources: &str) -> PathBuf {
    run(Command::new("bash").arg(workspace().join("tools/node-packages.sh")).args([&format!("page/{name}"), sources]));
    target().join(name)
}

/// Runs a program to its end and returns what it printed; one that fails fails the test with it.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .env("PATH", search_path())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; node and npm must be in PATH"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}:\n{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}
