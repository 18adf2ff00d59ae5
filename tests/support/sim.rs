//! The stand-in for load and faults, and functions that run against it.

use aws_sim::{Settings, Sim};
use serde_json::{Value, json};

use crate::answer;
use crate::function::{Deadline, Function};
use crate::process::{Environment, environment as pairs};

/// The bucket that functions write to.
pub const BUCKET: &str = "reports";

/// What makes a function cover every tenant's Organization: its tenants table, and the role in management accounts.
pub const TENANTS: [(&str, &str); 2] = [("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "Inventory")];

/// The environment of a function that calls this stand-in.
pub fn environment(sim: &Sim, more: &[(&str, &str)]) -> Environment {
    environment_at(&sim.url(), more)
}

/// The same for one that listens at this address.
pub fn environment_at(url: &str, more: &[(&str, &str)]) -> Environment {
    let mut environment = pairs([
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("OUTPUT_BUCKET", BUCKET),
        // The stand-in's quotas are off, so that the client's own are no limit either.
        ("QUOTA_PERCENT", "10000"),
    ]);
    environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    environment
}

/// Runs a function on a world: its summary, and the world afterwards.
pub fn run(function: &str, world: Settings, more: &[(&str, &str)]) -> (Value, Sim) {
    run_until(Deadline::LONGEST, function, world, more)
}

/// The same with a deadline.
pub fn run_until(deadline: Deadline, function: &str, world: Settings, more: &[(&str, &str)]) -> (Value, Sim) {
    let sim = Sim::start(world).expect("the stand-in starts");
    let mut running = Function::start(function, &environment(&sim, more));
    let summary = answer::summary(running.invoke(&json!({}), deadline));
    (summary, sim)
}

/// An object of the only Organization that a summary names, such as its `report` or its `coverage`.
pub fn object(sim: &Sim, summary: &Value, which: &str) -> String {
    object_at(sim, summary["organizations"][0][which].as_str().expect("it was written"))
}

/// An object by its URI.
pub fn object_at(sim: &Sim, location: &str) -> String {
    let key = location.strip_prefix(&format!("s3://{BUCKET}/")).expect("it is in the bucket");
    let content = sim.object(BUCKET, key).unwrap_or_else(|| panic!("{key} is not in the bucket"));
    String::from_utf8(content).expect("it is UTF-8")
}
