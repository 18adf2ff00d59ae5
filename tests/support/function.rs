//! A function's binary, run as Lambda runs it: a clean environment, a runtime API, real deadlines.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::Value;
use tokio::time::Instant;

use crate::process::{Environment, Process};
use crate::runtime_api::{Answer, Invocation, Message, RuntimeApi};
use crate::tools;

/// How long a test waits for an answer before it gives up; far above what any world needs.
const ANSWER_LIMIT: Duration = Duration::from_mins(2);
/// How often a function that says nothing is asked whether it still runs.
const MESSAGE_INTERVAL: Duration = Duration::from_millis(50);

/// The end of an invocation, as the function is told it.
#[derive(Debug, Clone, Copy)]
pub enum Deadline {
    /// So long after the invocation begins.
    In(Duration),
    /// This number in the header, whatever it means.
    Exactly(u64),
}

impl Deadline {
    /// The longest that Lambda allows.
    pub const LONGEST: Self = Self::In(Duration::from_mins(15));

    #[expect(clippy::disallowed_methods, reason = "the runtime API's deadline is a time of the real clock")]
    fn milliseconds(self) -> u64 {
        match self {
            Self::In(duration) => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("the epoch is past") + duration;
                u64::try_from(since_epoch.as_millis()).expect("the time fits")
            }
            Self::Exactly(milliseconds) => milliseconds,
        }
    }
}

/// A running function. Dropping it ends it.
#[derive(Debug)]
pub struct Function {
    // Before the API, so that the process ends while its API is still there.
    process: Process,
    api: RuntimeApi,
    invocations: u32,
}

impl Function {
    /// Starts one of the workspace's functions, from its release binary.
    pub fn start(name: &str, settings: &Environment) -> Self {
        Self::start_program(name, &tools::binary(name), &[], settings)
    }

    /// Starts any program that speaks the runtime API.
    pub fn start_program(name: &str, program: &Path, arguments: &[&str], settings: &Environment) -> Self {
        if let Err(problem) = refuse_real_endpoints(settings) {
            panic!("{name} is not started: {problem}");
        }
        let api = RuntimeApi::start(name);
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", tools::search_path())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(settings)
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string());
        let process = Process::start(name, &mut command);
        Self { process, api, invocations: 0 }
    }

    /// Invokes the function and waits for its answer.
    pub fn invoke(&mut self, payload: &Value, deadline: Deadline) -> Answer {
        self.begin(payload, deadline);
        self.answer()
    }

    /// Invokes the function.
    pub fn begin(&mut self, payload: &Value, deadline: Deadline) {
        self.invocations += 1;
        self.api.invoke(Invocation {
            request_id: self.request_id(),
            deadline_ms: deadline.milliseconds(),
            payload: Bytes::from(payload.to_string()),
        });
    }

    fn request_id(&self) -> String {
        format!("00000000-0000-4000-8000-{:012}", self.invocations)
    }

    /// Waits for the answer to the event that it was invoked with last.
    pub fn answer(&mut self) -> Answer {
        let request_id = self.request_id();
        let end = Instant::now() + ANSWER_LIMIT;
        loop {
            match self.api.message(MESSAGE_INTERVAL) {
                Some(Message::Answer { request_id: answered, answer }) => {
                    assert_eq!(answered, request_id, "the function answers the event it was given");
                    return answer;
                }
                Some(Message::InitError(answer)) => return answer,
                Some(Message::Next) => {}
                None => {
                    // As Lambda calls it when the process ends without an answer.
                    if let Some(status) = self.process.exited() {
                        let message = format!("{status}\n{}", self.process.printed());
                        return Answer::Error { error_type: "Runtime.ExitError".to_owned(), message };
                    }
                }
            }
            assert!(Instant::now() < end, "no answer within {ANSWER_LIMIT:?}\n{}", self.process.printed());
        }
    }

    /// Waits until the function asks for its next event, ends it, and returns all it logged.
    pub fn end_and_read_logs(mut self) -> String {
        let end = Instant::now() + Duration::from_secs(5);
        while self.process.exited().is_none() && Instant::now() < end {
            if self.api.message(MESSAGE_INTERVAL) == Some(Message::Next) {
                break;
            }
        }
        self.process.end_and_read()
    }

    /// Ends it at once, as `kill -9` does, and returns all it logged.
    pub fn kill(self) -> String {
        self.process.end_and_read()
    }

    /// The most memory that it ever held at a time, in bytes.
    pub fn most_memory_bytes(&self) -> u64 {
        self.process.most_memory_bytes()
    }

    /// All it has logged so far.
    pub fn logs(&self) -> String {
        self.process.printed()
    }
}

/// Tests never reach AWS: every endpoint has to be given, and has to be on 127.0.0.1.
pub fn refuse_real_endpoints(settings: &Environment) -> Result<(), String> {
    if !settings.contains_key("AWS_ENDPOINT_URL") {
        return Err("AWS_ENDPOINT_URL is missing, so it would call AWS itself".to_owned());
    }
    let outside = settings
        .iter()
        .filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL"))
        .find(|(_, url)| !url.starts_with("http://127.0.0.1:"));
    match outside {
        Some((name, url)) => Err(format!("{name} is {url}, which is not on 127.0.0.1")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::environment;

    #[test]
    fn a_function_without_an_endpoint_of_ours_is_not_started() {
        assert!(refuse_real_endpoints(&environment([])).is_err());
        assert!(refuse_real_endpoints(&environment([("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")])).is_err());
        for url in ["", "https://sts.us-east-1.amazonaws.com", "http://127.0.0.1.example:80", "http://localhost:1"] {
            assert!(refuse_real_endpoints(&environment([("AWS_ENDPOINT_URL", url)])).is_err(), "{url}");
        }
        let mut settings = environment([("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")]);
        assert_eq!(refuse_real_endpoints(&settings), Ok(()));
        settings.insert("AWS_ENDPOINT_URL_S3".to_owned(), "https://s3.amazonaws.com".to_owned());
        let problem = refuse_real_endpoints(&settings).unwrap_err();
        assert!(problem.contains("AWS_ENDPOINT_URL_S3"), "{problem}");
    }

    #[test]
    #[should_panic(expected = "is not started: AWS_ENDPOINT_URL is missing")]
    fn starting_a_function_asks_the_guard() {
        Function::start_program("anything", Path::new("/bin/true"), &[], &environment([]));
    }
}
