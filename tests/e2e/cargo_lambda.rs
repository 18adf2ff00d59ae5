//! The development server of cargo-lambda, which docs/deploy.md shows, runs our functions.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use orgscan_tests::answer;
use orgscan_tests::http;
use orgscan_tests::process::{Process, pause};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::tools;
use orgscan_tests::world::World;
use serde_json::Value;
use tokio::time::Instant;

use crate::ACCOUNT_METADATA;

/// A debug build of everything, on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_mins(10);

#[test]
fn cargo_lambda_watch_runs_a_function_and_its_odd_deadline_is_survived() {
    let world = World::generated(4);
    // Built first, so that the server's first invocation does not wait for the compiler.
    let mut build = cargo();
    build.args(["build", "--package", ACCOUNT_METADATA]);
    Process::run("cargo build", &mut build, BUILD_LIMIT).expect_success("the debug build");

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = cargo();
    command
        .args(["lambda", "watch", "--ignore-changes", "--package", ACCOUNT_METADATA])
        .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()])
        .envs(world.environment(ACCOUNT_METADATA))
        // The developer's own configuration stays out of it.
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let mut server = Process::start("cargo lambda watch", &mut command);
    let path = format!("/2015-03-31/functions/{ACCOUNT_METADATA}/invocations");
    let end = Instant::now() + BUILD_LIMIT;
    let (status, body) = loop {
        match http::post(address, &path, world.event().to_string()) {
            Ok(answer) => break answer,
            // It does not listen yet.
            Err(problem) => {
                assert!(server.exited().is_none() && Instant::now() < end, "{problem}\n{}", server.printed());
                pause();
            }
        }
    };
    assert_eq!(status.as_u16(), 200, "{}\n{}", String::from_utf8_lossy(&body), server.printed());
    let summary: Value = serde_json::from_slice(&body).unwrap();
    let summary = answer::summary(Answer::Response(summary));
    assert!(!answer::organizations(&summary).is_empty(), "{summary}");
    let outcomes = answer::organizations(&summary).iter().map(|organization| &organization["outcomes"]);
    assert!(outcomes.clone().all(|outcomes| outcomes["not_attempted"].is_null()), "{summary}");
}

/// The cargo that runs these tests, with cargo-lambda beside it.
fn cargo() -> Command {
    let mut command = Command::new(tools::variable("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    command
        .current_dir(tools::workspace())
        .env("PATH", format!("{}:{}", tools::test_programs().display(), tools::search_path()));
    command
}
