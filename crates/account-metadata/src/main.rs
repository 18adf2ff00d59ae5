//! The Lambda function account-metadata.

mod handler;

use handler::Function;
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    orgscan::logs::begin_in_function();
    let function = Function::start().await;
    lambda_runtime::run(service_fn(|request| function.handle(request))).await
}
