//! Runs that are killed at each of their steps, before it is carried out and after, and the same event once more.

use aws_sim::{Fault, FaultRule};
use orgscan_tests::answer::status;

use super::contents::Contents;
use super::deliveries::{Deliveries, World};

/// The event's time stamp in names.
const STAMP: &str = "2025-11-21T06-00-00Z";

/// A step of a run.
#[derive(Debug, Clone, Copy)]
struct Point {
    name: &'static str,
    operation: &'static str,
    /// What its object's key has in it.
    object: &'static str,
    account: &'static str,
    /// How many such calls there are before, those of the run of the day before included.
    after: u32,
}

const fn call(name: &'static str, operation: &'static str, account: &'static str, after: u32) -> Point {
    Point { name, operation, object: "", account, after }
}

const fn object(name: &'static str, object: &'static str, after: u32) -> Point {
    Point { name, operation: "s3:PutObject", object, account: "", after }
}

const fn part(name: &'static str, operation: &'static str, object: &'static str, after: u32) -> Point {
    Point { name, operation, object, account: "", after }
}

impl Point {
    fn rule(self, fault: Fault) -> FaultRule {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        FaultRule {
            account: given(self.account),
            object: given(self.object).map(|object| object.replace("STAMP", STAMP)),
            after: Some(self.after),
            first: Some(1),
            ..FaultRule::new(self.operation, fault)
        }
    }
}

/// How many mails there may be after a kill before a step, and after it.
type Mails = [u64; 2];

/// Kills runs before and after each point, and delivers the event again.
#[expect(clippy::print_stdout, reason = "with --nocapture the table is what the reader came for")]
fn kill_at(world: World, points: &[Point], mails: Mails) {
    let undisturbed = Deliveries::to(world, Vec::new());
    assert_eq!(status(&undisturbed.deliver()), "complete");
    let undisturbed = undisturbed.contents();
    println!("{:<40} {:<8} {:>8} {:>8} {:>12}", "killed at", "", "objects", "mails", "open uploads");
    for point in points {
        for (fault, when, mails) in [(Fault::Hang, "before", mails[0]), (Fault::HangAfterwards, "after", mails[1])] {
            let name = format!("{} {when}", point.name);
            let deliveries = Deliveries::to(world, vec![point.rule(fault)]);
            deliveries.deliver_and_kill();
            let half_way = deliveries.counts().open_uploads;
            deliver_again(&deliveries, &undisturbed, &name, mails);
            let counts = deliveries.counts();
            println!(
                "{:<40} {:<8} {:>8} {:>8} {:>6} -> {:>2}",
                point.name,
                when,
                counts.objects.len(),
                deliveries.mails(),
                half_way,
                counts.open_uploads
            );
        }
    }
}

fn deliver_again(deliveries: &Deliveries, undisturbed: &Contents, point: &str, mails: u64) {
    let summary = deliveries.deliver();
    assert_eq!(status(&summary), "complete", "{point}: {summary}");
    deliveries.contents().assert_those_of(undisturbed, point);
    assert_eq!(deliveries.counts().open_uploads, 0, "{point}");
    assert_eq!(deliveries.mails(), mails, "{point}: {summary}");
}

#[test]
fn a_run_killed_while_it_scans_is_done_again() {
    kill_at(
        World::Audit,
        &[
            call("DescribeOrganization", "organizations:DescribeOrganization", "", 1),
            call("ListAccounts, page 2", "organizations:ListAccounts", "", 3),
            call("AssumeRole", "sts:AssumeRole", "100000000005", 1),
            call("GetCredentialReport", "iam:GetCredentialReport", "100000000005", 2),
        ],
        [1, 1],
    );
    kill_at(
        World::FirstAudit,
        &[
            call("GenerateCredentialReport", "iam:GenerateCredentialReport", "100000000005", 0),
            call("GetCredentialReport, generated", "iam:GetCredentialReport", "100000000005", 1),
        ],
        [1, 1],
    );
}

#[test]
fn a_run_killed_while_it_writes_leaves_every_object_whole() {
    kill_at(
        World::Audit,
        &[
            object("report", "credential-report-STAMP.csv", 0),
            object("ledger", "credential-report-STAMP-coverage.csv", 0),
            object("report, newest", "credential-report-latest.csv", 1),
            object("ledger, newest", "credential-report-latest-coverage.csv", 1),
            object("findings", "findings-STAMP.jsonl", 0),
            object("page", "credential-report-STAMP.html", 0),
        ],
        [1, 1],
    );
}

#[test]
fn a_run_killed_after_its_mail_mails_nobody_twice() {
    kill_at(
        World::Audit,
        &[
            object("findings, newest", "findings-latest.jsonl", 1),
            object("trend", "-trend.json", 1),
            object("page, newest", "credential-report-latest.html", 1),
            object("findings as CSV", "STAMP-findings.csv", 0),
            object("findings as CSV, newest", "latest-findings.csv", 1),
            object("findings as OCSF", "STAMP-findings.ocsf.jsonl", 0),
            object("findings as OCSF, newest", "latest-findings.ocsf.jsonl", 1),
        ],
        [1, 1],
    );
}

#[test]
fn a_run_killed_while_it_mails_mails_twice_at_the_most() {
    kill_at(World::Audit, &[object("mail marker", "STAMP-mail.json", 0)], [1, 1]);
    kill_at(World::Audit, &[call("SendEmail", "ses:SendEmail", "", 1)], [1, 2]);
    kill_at(World::Audit, &[object("mail marker, changed", "STAMP-mail.json", 1)], [2, 1]);
}

#[test]
fn a_run_killed_while_it_uploads_in_parts_leaves_no_upload_open() {
    kill_at(
        World::LargeAudit,
        &[
            part("CreateMultipartUpload", "s3:CreateMultipartUpload", "report-STAMP.csv", 0),
            part("UploadPart", "s3:UploadPart", "report-STAMP.csv", 1),
            part("CompleteMultipartUpload", "s3:CompleteMultipartUpload", "report-STAMP.csv", 0),
            part("CreateMultipartUpload, newest", "s3:CreateMultipartUpload", "report-latest.csv", 0),
            part("UploadPart, newest", "s3:UploadPart", "report-latest.csv", 1),
            part("CompleteMultipartUpload, newest", "s3:CompleteMultipartUpload", "report-latest.csv", 0),
            part("ListMultipartUploads", "s3:ListMultipartUploads", "", 0),
        ],
        [0, 0],
    );
}

#[test]
fn an_inventory_killed_at_any_step_is_whole_in_the_end() {
    kill_at(
        World::Inventory,
        &[
            call("Scan", "dynamodb:Scan", "", 1),
            call("ListAccounts, page 2", "organizations:ListAccounts", "", 3),
            call("GetResources for tags", "tag:GetResources", "100000000000", 1),
            call("AssumeRole", "sts:AssumeRole", "100000000005", 1),
            call("ListRegions", "account:ListRegions", "100000000005", 1),
            object("inventory", "metadata-report-STAMP.csv", 0),
            object("ledger", "metadata-report-STAMP-coverage.csv", 0),
            object("inventory, newest", "metadata-report-latest.csv", 1),
            object("ledger, newest", "metadata-report-latest-coverage.csv", 1),
        ],
        [0, 0],
    );
}
