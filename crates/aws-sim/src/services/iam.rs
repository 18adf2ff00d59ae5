//! IAM: credential reports.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::call::Call;
use crate::chance::{Topic, within};
use crate::clock::rfc3339;
use crate::credential_report;
use crate::problem::Problem;
use crate::report_state::{Generation, Report};
use crate::world::World;

pub(crate) fn generate_credential_report(world: &World, call: &Call, now: Instant) -> Answer {
    let (state, description) = match world.reports.generate(world, call.caller, call.place, now) {
        Generation::Started => {
            ("STARTED", "<Description>No report exists. Starting a new report generation task</Description>")
        }
        Generation::InProgress => ("INPROGRESS", ""),
        Generation::Complete => ("COMPLETE", ""),
    };
    Answer::query(call.operation, call.request_id, &format!("<State>{state}</State>{description}"))
}

pub(crate) fn get_credential_report(world: &World, call: &Call, now: Instant) -> Result<Answer, Problem> {
    let generated = match world.reports.get(world, call.caller, call.place, now) {
        Report::NotPresent => {
            return Err(Problem::new(
                410,
                "ReportNotPresent",
                "No report exists. Generate one with GenerateCredentialReport.",
            ));
        }
        Report::InProgress => {
            return Err(Problem::new(404, "ReportInProgress", "The report is still being generated."));
        }
        Report::Ready { unix_seconds } => rfc3339(unix_seconds),
    };
    let content = credential_report::text(world.seed, call.caller, world.settings.users);
    let mut result = String::with_capacity(content.len() / 3 * 4 + 160);
    result.push_str("<Content>");
    STANDARD.encode_string(content, &mut result);
    result.push_str("</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>");
    result.push_str(&generated);
    result.push_str("</GeneratedTime>");
    let mut answer = Answer::query(call.operation, call.request_id, &result);
    let mut draws = world.seed.draws(Topic::SlowAnswer, [call.caller.number()]);
    if within(&mut draws, world.settings.slow_share) {
        answer.late = world.settings.slow;
    }
    Ok(answer)
}
