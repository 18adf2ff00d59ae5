//! The report page in a browser: what it shows, how quick it is, and that it does nothing else.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must fail")]
#![expect(clippy::print_stdout, reason = "the figures are worth seeing")]

mod expected;
mod generator;
mod tools;

use std::path::PathBuf;
use std::process::Command;

use generator::{World, write_bare_page, write_page};

fn made(name: &str) -> PathBuf {
    let folder = tools::target().join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

#[test]
fn a_report_page_does_in_chromium_what_it_is_there_for() {
    let (small, large) = (made("small.html"), made("large.html"));
    write_page(&small, &World { rows: 240, users_per_account: 12, hostile: true });
    write_page(&large, &World { rows: 100_000, users_per_account: 50, hostile: false });
    let bare = made("bare.html");
    write_bare_page(&bare);
    let mut command = Command::new("node");
    command
        .arg(tools::workspace().join("tests/page/run.mjs"))
        .args(["--chromium".as_ref(), tools::chromium().as_os_str()])
        .args(["--packages".as_ref(), tools::packages("browser", "tests/page").as_os_str()])
        .args(["--page".as_ref(), small.as_os_str(), "--expected".as_ref(), small.with_extension("csv").as_os_str()])
        .args(["--bare".as_ref(), bare.as_os_str()])
        .args(["--large".as_ref(), large.as_os_str()])
        .args(["--screens".as_ref(), made("screens").as_os_str()]);
    let said = tools::run(&mut command);
    // Shown with `--nocapture`.
    println!("{said}");
    assert!(said.contains("every check passed"), "{said}");
}

#[test]
fn the_same_rows_give_the_same_page() {
    let world = World { rows: 5_000, users_per_account: 9, hostile: true };
    let pages = ["once.html", "again.html"].map(|name| {
        let path = made(name);
        write_page(&path, &world);
        std::fs::read(path).unwrap()
    });
    assert!(pages[0] == pages[1], "two pages of the same rows differ");
}

#[test]
fn the_built_script_and_style_are_those_of_their_sources() {
    let fresh = made("assets");
    let mut command = Command::new("node");
    command
        .arg(tools::workspace().join("page/build.mjs"))
        .args(["--packages".as_ref(), tools::packages("build", "page").as_os_str()])
        .args(["--to".as_ref(), fresh.as_os_str()]);
    tools::run(&mut command);
    for name in ["page.js", "page.css", "page.csp"] {
        let built = std::fs::read(fresh.join(name)).unwrap();
        let kept = std::fs::read(tools::workspace().join("crates/orgscan/assets").join(name)).unwrap();
        assert!(built == kept, "{name} is not built from page/: run node page/build.mjs");
    }
}
