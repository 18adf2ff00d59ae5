//! Event in, answer out; the job is in the library.

use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent};
use orgscan::aws::{Access, S3, World, examine_function};
use orgscan::config::{Config, Job, Place};
use orgscan::error::RunError;
use orgscan::event::Event;
use orgscan::invocation::{Invocation, answer, process_environment, run_to_the_end};
use orgscan::jobs::{Run, account_metadata};
use orgscan::ports::Clock;
use orgscan::progress::Progress;
use orgscan::scan::Stop;
use serde_json::Value;
use tokio::sync::OnceCell;

/// The function: settings and clients are made once, before the first event where that works, since Lambda gives a
/// function that starts more of a processor than one that runs.
pub(crate) struct Function {
    ready: OnceCell<Ready>,
    /// Needs an answer of AWS, so it is made with the first event.
    store: OnceCell<S3>,
}

struct Ready {
    config: Config,
    world: World,
}

impl Function {
    pub(crate) async fn start() -> Self {
        // What keeps it from starting is the answer to every event, so that it is seen where events are.
        Self { ready: OnceCell::new_with(prepare().await.ok()), store: OnceCell::new() }
    }

    pub(crate) async fn handle(&self, request: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        run_to_the_end(Box::pin(self.run(&request))).await.map_err(|error| {
            tracing::error!(code = error.code(), "{}", error.chain());
            Diagnostic { error_type: error.code().to_owned(), error_message: error.chain() }
        })
    }

    async fn run(&self, request: &LambdaEvent<Value>) -> Result<Value, RunError> {
        let context = &request.context;
        // Before the settings are needed: those that cannot be used are what a diagnosis is for.
        if Event::asks_for_diagnosis(&request.payload) {
            return examine_function(Job::AccountMetadata, &request.payload, &context.request_id, context.deadline)
                .await;
        }
        let Ready { config, world } = self.ready.get_or_try_init(prepare).await?;
        let now = world.now();
        let invocation = Invocation::read(&request.payload, &context.request_id, context.deadline, now)?;
        let store = self.store.get_or_try_init(|| invocation.identify(world.bucket(&config.output))).await?;
        let run =
            Run::new(config, &invocation.event, now, invocation.deadline, Stop::never(), Arc::new(Progress::default()));
        let summary = account_metadata::run(world, store, &run).await?;
        Ok(answer(&context.env_config.function_name, &summary, world.now()))
    }
}

async fn prepare() -> Result<Ready, RunError> {
    let config = Config::from_lookup(Job::AccountMetadata, Place::Lambda, &process_environment)?;
    let world = World::load(Job::AccountMetadata, &config, &Access::default()).await?;
    Ok(Ready { config, world })
}
