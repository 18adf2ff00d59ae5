//! Where things are: the binaries under test, and the tools that the stand-ins and the oracle need.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::process::Process;

/// Installing packages, on a slow line.
const INSTALL_LIMIT: Duration = Duration::from_mins(10);

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is a folder of the workspace")
}

/// The folder for all that is made.
pub fn target() -> PathBuf {
    workspace().join("target")
}

/// A variable of the tests' own environment. The functions under test never see these.
#[expect(clippy::disallowed_methods, reason = "the tests' own switches are no settings of the functions")]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// `PATH`, for programs of the system.
pub fn search_path() -> String {
    variable("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned())
}

/// A binary of the workspace as it is deployed: from `ORGSCAN_BIN_DIR`, else the release build.
pub fn binary(name: &str) -> PathBuf {
    let folder = variable("ORGSCAN_BIN_DIR").map_or_else(|| target().join("release"), PathBuf::from);
    let binary = folder.join(name);
    assert!(binary.is_file(), "{} is missing: run make build first", binary.display());
    binary
}

/// The folder of programs of the tests' Python packages, which are installed where they are not yet.
pub fn test_programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| python_environment("tests", "tests/requirements.txt"))
}

/// The same for the demo's packages.
pub fn demo_programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| python_environment("demo", "demo/requirements.txt"))
}

/// The same for the SAM command.
pub fn sam_programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| python_environment("sam", "tools/sam/requirements.txt"))
}

/// A Python script of the workspace, run with the tests' packages and an environment of its own.
pub fn python(script: &str) -> Command {
    let mut command = Command::new(test_programs().join("python"));
    command
        .arg(workspace().join(script))
        .current_dir(workspace())
        .env_clear()
        .env("PATH", search_path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUNBUFFERED", "1");
    command
}

/// A Python script of the workspace, run with the demo's packages and the binaries under test.
pub fn demo_python(script: &str) -> Command {
    let mut command = Command::new(demo_programs().join("python"));
    command
        .arg("-B")
        .arg(workspace().join(script))
        .current_dir(workspace())
        .env_clear()
        .env("PATH", search_path())
        .env("PYTHONUNBUFFERED", "1");
    if let Some(binaries) = variable("ORGSCAN_BIN_DIR") {
        command.env("ORGSCAN_BIN_DIR", binaries);
    }
    command
}

/// A name for `node` and `npm`: the system's, else the one that comes as a Python package.
pub fn search_path_with_node() -> String {
    format!("{}:{}", search_path(), test_programs().display())
}

fn python_environment(name: &str, requirements: &str) -> PathBuf {
    let mut command = Command::new("bash");
    command.arg(workspace().join("tools/venv.sh")).args([name, requirements]).current_dir(workspace());
    Process::run("tools/venv.sh", &mut command, INSTALL_LIMIT).expect_success("installing Python packages");
    target().join(format!("venv-{name}/bin"))
}

/// The stand-in for mail, installed by its lock file.
pub fn mail_packages() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| node_packages("mail", "tests/mail"))
}

/// Chromium, which `tools/chromium.sh` installs.
pub fn chromium() -> PathBuf {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let search_path = search_path();
    let files = names.iter().flat_map(|name| env::split_paths(&search_path).map(move |folder| folder.join(name)));
    files.into_iter().find(|file| file.is_file()).unwrap_or_else(|| {
        panic!("none of {} is in PATH: run tools/chromium.sh, or install the package chromium", names.join(", "))
    })
}

/// What drives a browser, installed by its lock file.
pub fn browser_packages() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| node_packages("page/browser", "tests/page"))
}

/// What evaluates IAM policies, installed by its lock file.
pub fn policy_packages() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| node_packages("iam", "tests/iam"))
}

fn node_packages(name: &str, sources: &str) -> PathBuf {
    let mut command = Command::new("bash");
    command
        .arg(workspace().join("tools/node-packages.sh"))
        .args([name, sources])
        .current_dir(workspace())
        .env("PATH", search_path_with_node());
    Process::run("tools/node-packages.sh", &mut command, INSTALL_LIMIT).expect_success("installing npm packages");
    target().join(name)
}
