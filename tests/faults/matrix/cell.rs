//! One cell: a run with one fault, and what it came to.

use std::time::Duration;

use aws_sim::{FaultRule, Sim};
use orgscan_tests::answer::{self, Record, records_of};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::sim::{environment, object_at};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::column::Column;
use super::place::Place;
use super::row::{About, Row};

/// How long a run, and an account of it, may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) deadline: Duration,
    reserve: &'static str,
    account: &'static str,
}

impl Limits {
    /// Long enough for whatever passes, and for repeats to end by themselves.
    pub(crate) const USUAL: Self = Self { deadline: Duration::from_secs(75), reserve: "10", account: "45" };

    /// For what would be waited for until the deadline.
    const SHORT: Self = Self { deadline: Duration::from_secs(20), reserve: "10", account: "45" };

    /// The same with time for a large report, on a machine that does a few of them at a time.
    const LARGE: Self = Self { deadline: Duration::from_secs(30), ..Self::SHORT };

    /// For S3 when it puts an upload together, which may take it a minute.
    const PUTTING_TOGETHER: Self = Self { deadline: Duration::from_secs(110), ..Self::USUAL };

    /// For accounts that hang: the shortest that the settings allow, in two passes.
    const HANGING_ACCOUNT: Self = Self { account: "10", ..Self::USUAL };

    /// For tenants that hang: more than one request may take.
    const HANGING_TENANT: Self = Self { account: "20", ..Self::USUAL };

    pub(crate) fn of(row: &Row, column: Column) -> Self {
        let stays = [Column::Throttle, Column::Error500, Column::Error503, Column::Hang].contains(&column);
        let is_delivery = row.operation.starts_with("s3:") || row.operation.starts_with("ses:");
        match (row.about, column) {
            // A repeat of the event sweeps and looks for the other delivery's ledger before it writes its own.
            _ if row.place == Place::RepeatedAudit && column != Column::Hang => Self::USUAL,
            (_, Column::HangOnce) if row.operation == "s3:CompleteMultipartUpload" => Self::PUTTING_TOGETHER,
            // A part has as long as a slow line takes: with the usual quarter of an hour there is time for another.
            (_, Column::HangOnce) if row.operation == "s3:UploadPart" => Self::LARGE,
            _ if is_delivery && stays && row.place == Place::LargeAudit => Self::LARGE,
            _ if is_delivery && stays => Self::SHORT,
            (About::Accounts(_), Column::Hang) => Self::SHORT,
            (About::Account(..), Column::Hang) if row.place == Place::Tags => Self::SHORT,
            (About::Account(..), Column::Hang | Column::HangOnce) if row.place != Place::Tags => Self::HANGING_ACCOUNT,
            (About::Organization(_), Column::Hang) => Self::HANGING_TENANT,
            // A message that may have been taken is waited for, and not sent again.
            (About::Run, Column::HangOnce) if row.operation == "ses:SendEmail" => Self::SHORT,
            _ => Self::USUAL,
        }
    }
}

/// What a run came to.
pub(crate) struct Seen {
    pub(crate) answer: Answer,
    pub(crate) elapsed: Duration,
    pub(crate) logs: String,
    pub(crate) sim: Sim,
}

/// Runs a place with rules.
pub(crate) fn run(place: Place, faults: Vec<FaultRule>, limits: Limits) -> Seen {
    let sim = Sim::start(aws_sim::Settings { faults, ..place.world() }).expect("the stand-in starts");
    let mut settings = place.settings();
    settings.extend([("DEADLINE_RESERVE_SECONDS", limits.reserve), ("ACCOUNT_TIMEOUT_SECONDS", limits.account)]);
    let mut function = Function::start(place.function(), &environment(&sim, &settings));
    let (last, before) = place.times().split_last().expect("every place has a run");
    for time in before {
        let answer = function.invoke(&json!({"scheduled_time": time}), Deadline::In(limits.deadline));
        assert_eq!(answer::status(&answer::summary(answer)), "complete", "the run before is as it should be");
    }
    let began = Instant::now();
    let answer = function.invoke(&json!({"scheduled_time": last}), Deadline::In(limits.deadline));
    Seen { answer, elapsed: began.elapsed(), logs: function.end_and_read_logs(), sim }
}

/// The tables of an Organization.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// The lines of the report without its header, as they are, with what names their account.
    pub(crate) report: Option<Vec<(String, String)>>,
    pub(crate) ledger: Option<Vec<Record>>,
}

impl Seen {
    pub(crate) fn summary(&self) -> Option<&Value> {
        match &self.answer {
            Answer::Response(summary) => Some(summary),
            Answer::Error { .. } => None,
        }
    }

    /// The Organization of a management account in the summary.
    pub(crate) fn organization(&self, management_account: &str) -> Option<&Value> {
        let all = answer::organizations(self.summary()?);
        all.iter().find(|one| one["management_account_id"] == management_account)
    }

    /// What is said to the operator in the answer.
    pub(crate) fn said(&self) -> String {
        match &self.answer {
            Answer::Error { message, .. } => message.clone(),
            Answer::Response(summary) => format!("{} {}", summary["warnings"], summary["tenants"]["rejected"]),
        }
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let warnings = self.summary().and_then(|summary| summary["warnings"].as_array());
        warnings.into_iter().flatten().map(ToString::to_string).collect()
    }

    /// Report and ledger of an Organization, as far as they were written.
    pub(crate) fn tables(&self, organization: &Value) -> Tables {
        let object = |which: &str| Some(object_at(&self.sim, organization[which].as_str()?));
        let report = object("report").map(|report| lines_by_account(&report));
        Tables { report, ledger: object("coverage").map(|ledger| records_of(&ledger)) }
    }
}

/// Each line of a report with the account that it begins with. When AWS made a report differs from run to run.
fn lines_by_account(report: &str) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_reader(report.as_bytes());
    let times: Vec<String> = {
        let header = reader.headers().expect("a header").clone();
        let column = header.iter().position(|name| name == "report_generated_time");
        let time = |record: csv::StringRecord| column.map_or("", |column| &record[column]).to_owned();
        reader.records().map(|record| time(record.expect("the report is CSV"))).collect()
    };
    let lines = report.split_terminator("\r\n").skip(1).zip(times);
    lines
        .map(|(line, time)| {
            let account = line.split(',').next().unwrap_or_default().to_owned();
            (account, if time.is_empty() { line.to_owned() } else { line.replacen(&time, "TIME", 1) })
        })
        .collect()
}
