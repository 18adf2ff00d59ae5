//! The stand-in as a process.

mod arguments;

use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;

use aws_sim::Sim;
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Where nothing can be said any more, the exit code still does.
            let _unsaid = writeln!(io::stderr(), "aws-sim: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let settings = arguments.settings()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|it| it.to_string())?;
    runtime.block_on(async {
        // Signals are caught from before the line that says it listens, so that one is never too early.
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            return Err("cannot wait for signals".to_owned());
        };
        let sim = Sim::start(settings).map_err(|error| format!("cannot start: {error}"))?;
        let mut out = io::stdout();
        writeln!(out, "listening on {}", sim.url())
            .and_then(|()| out.flush())
            .map_err(|error| format!("cannot print the address: {error}"))?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let Some(path) = &arguments.counts else { return Ok(()) };
        let counts = serde_json::to_string(&sim.counts()).map_err(|error| error.to_string())?;
        fs::write(path, counts).map_err(|error| format!("cannot write the counts to {}: {error}", path.display()))
    })
}
