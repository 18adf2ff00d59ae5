//! Event in, answer out; the job is in the library.

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent};
use orgscan::aws::{S3, Ses, World};
use orgscan::config::{Config, Job, Place};
use orgscan::error::RunError;
use orgscan::invocation::{Invocation, answer, process_environment};
use orgscan::jobs::{Run, credential_report};
use orgscan::ports::Clock;
use orgscan::progress::Progress;
use orgscan::scan::Stop;
use serde_json::Value;
use tokio::sync::OnceCell;

/// The function: settings and clients are made at the first invocation and kept for the next ones.
pub(crate) struct Function {
    ready: OnceCell<Ready>,
}

struct Ready {
    config: Config,
    world: World,
    store: S3,
    mailer: Ses,
}

impl Function {
    pub(crate) fn new() -> Self {
        Self { ready: OnceCell::new() }
    }

    pub(crate) async fn handle(&self, request: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        self.run(&request).await.map_err(|error| {
            tracing::error!(code = error.code(), "{}", error.chain());
            Diagnostic { error_type: error.code().to_owned(), error_message: error.chain() }
        })
    }

    async fn run(&self, request: &LambdaEvent<Value>) -> Result<Value, RunError> {
        let Ready { config, world, store, mailer } = self.ready.get_or_try_init(prepare).await?;
        let context = &request.context;
        let now = world.now();
        let invocation = Invocation::read(&request.payload, &context.request_id, context.deadline, now)?;
        let run =
            Run::new(config, &invocation.event, now, invocation.deadline, Stop::never(), Arc::new(Progress::default()));
        let summary = credential_report::run(world, store, mailer, &run).await?;
        Ok(answer(Job::CredentialReport, &summary, world.now()))
    }
}

async fn prepare() -> Result<Ready, RunError> {
    let config = Config::from_lookup(Job::CredentialReport, Place::Lambda, &process_environment)?;
    let world = World::load(config.max_in_flight).await?;
    let store = world.bucket(&config.output).await?;
    let mailer = world.ses();
    Ok(Ready { config, world, store, mailer })
}
