//! AWS stand-ins that hold a world: an account tree, tags, users, a tenants table, a bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Environment, Finished, Process};
use crate::tools;

const START_LIMIT: Duration = Duration::from_mins(1);

/// A world, as its stand-in describes it. Dropping it ends the stand-in.
#[derive(Debug)]
pub struct World {
    description: Value,
    stand_in: StandIn,
}

#[derive(Debug)]
enum StandIn {
    Moto(#[expect(dead_code, reason = "held, so that it ends with the world")] Process),
    /// The demo's script keeps one world; the next waits until this one is ended.
    Demo(#[expect(dead_code, reason = "held until the world is ended")] MutexGuard<'static, ()>),
}

static DEMO: Mutex<()> = Mutex::new(());

impl World {
    /// A generated world on moto. Everything about it follows from the seed.
    pub fn generated(seed: u64) -> Self {
        let mut command = tools::python("tests/moto/serve.py");
        command.args(["--seed", &seed.to_string()]);
        let mut process = Process::start("moto", &mut command);
        let description = process.wait_for_line(START_LIMIT, |line| serde_json::from_str(line).ok());
        Self { description, stand_in: StandIn::Moto(process) }
    }

    /// The demo's world on ministack, with IAM enforced, as `make demo-up` leaves it running. One at a time.
    pub fn demo() -> Self {
        let turn = DEMO.lock().unwrap_or_else(PoisonError::into_inner);
        let said = demo_script("up").expect_success("demo.py up");
        assert!(!said.contains("is up already"), "the demo is up, and tests would change it: run make demo-down first");
        // From here on, whatever fails ends what was started.
        let mut world = Self { description: Value::Null, stand_in: StandIn::Demo(turn) };
        let state = fs::read(tools::target().join("demo/state.json")).expect("the demo writes its state");
        world.description = serde_json::from_slice(&state).expect("the state is JSON");
        world
    }

    /// Something of the description.
    pub fn get(&self, pointer: &str) -> &Value {
        self.description
            .pointer(pointer)
            .unwrap_or_else(|| panic!("the world's description has no {pointer}: {}", self.description))
    }

    /// A text of the description.
    pub fn text(&self, pointer: &str) -> &str {
        self.get(pointer).as_str().unwrap_or_else(|| panic!("{pointer} of the world's description is no text"))
    }

    /// The environment of one of the functions.
    pub fn environment(&self, function: &str) -> Environment {
        let mut environment = self.access();
        environment.extend(self.settings(function));
        environment
    }

    /// The settings of one of the functions.
    pub fn settings(&self, function: &str) -> Environment {
        let settings = self.get(&format!("/settings/{function}")).as_object().expect("settings are an object");
        settings
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().expect("settings are text").to_owned()))
            .collect()
    }

    /// Endpoint, region and credentials: all that is needed to call this world.
    pub fn access(&self) -> Environment {
        self.access_with(self.get("/credentials"))
    }

    /// The same with other credentials.
    pub fn access_with(&self, credentials: &Value) -> Environment {
        let mut environment = BTreeMap::new();
        let mut set = |name: &str, value: &Value| {
            if let Some(value) = value.as_str() {
                environment.insert(name.to_owned(), value.to_owned());
            }
        };
        set("AWS_ENDPOINT_URL", self.get("/endpoint"));
        set("AWS_REGION", self.get("/region"));
        set("AWS_DEFAULT_REGION", self.get("/region"));
        set("AWS_ACCESS_KEY_ID", &credentials["access_key_id"]);
        set("AWS_SECRET_ACCESS_KEY", &credentials["secret_access_key"]);
        set("AWS_SESSION_TOKEN", &credentials["session_token"]);
        environment
    }

    /// The scheduled event of this world.
    pub fn event(&self) -> Value {
        json!({ "scheduled_time": self.text("/scheduled_time") })
    }

    /// Every account of every Organization.
    pub fn accounts(&self) -> BTreeSet<String> {
        let accounts = self.get("/accounts").as_array().expect("accounts are a list");
        accounts.iter().map(|id| id.as_str().expect("account ids are text").to_owned()).collect()
    }

    /// What must be in no log: the caller's secrets and the external ids.
    pub fn secrets(&self) -> BTreeSet<String> {
        let mut secrets: BTreeSet<String> = ["/credentials/secret_access_key", "/credentials/session_token"]
            .into_iter()
            .filter_map(|pointer| self.description.pointer(pointer)?.as_str())
            .map(str::to_owned)
            .collect();
        for function in ["account-metadata", "credential-report"] {
            let settings = self.settings(function);
            for name in ["EXTERNAL_ID", "MAIL_SENDER", "MAIL_RECIPIENTS"] {
                let values = settings.get(name).into_iter().flat_map(|value| value.split(','));
                secrets.extend(values.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()));
            }
        }
        if let Some(more) = self.description.pointer("/notes/secrets").and_then(Value::as_array) {
            secrets.extend(more.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        secrets
    }

    /// Makes one call with boto3, as a test needs it to change the world, and returns its answer.
    pub fn call(&self, credentials: &Value, service: &str, operation: &str, arguments: &Value) -> Value {
        let mut command = tools::python("tests/support/call.py");
        command.args([service, operation, &arguments.to_string()]).envs(self.access_with(credentials));
        let answer = Process::run("call.py", &mut command, Duration::from_mins(1))
            .expect_success(&format!("{service} {operation}"));
        serde_json::from_str(&answer).expect("call.py prints JSON")
    }

    /// One call with the world's own credentials.
    pub fn call_as_itself(&self, service: &str, operation: &str, arguments: &Value) -> Value {
        self.call(self.get("/credentials"), service, operation, arguments)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if matches!(self.stand_in, StandIn::Demo(_)) {
            let finished = demo_script("down");
            // A second panic would end the test binary and hide the first.
            assert!(thread::panicking() || finished.code == Some(0), "demo.py down failed\n{}", finished.stderr);
        }
    }
}

fn demo_script(verb: &str) -> Finished {
    Process::run("demo.py", tools::demo_python("demo/demo.py").arg(verb), START_LIMIT)
}
