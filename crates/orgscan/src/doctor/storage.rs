//! Where reports go: whether the bucket is there, is whose it should be, and takes and gives objects.

use super::caller::Examined;
use super::commands;
use super::denial::DeniedBy;
use super::diagnosis::{Check, Fix, State};
use super::ports::{BucketSeen, Buckets};
use crate::account::AccountId;
use crate::config::{Config, Job};
use crate::error::{CallError, CallErrorKind};
use crate::jobs::rehearsal::Refusal;
use crate::names::{Edition, Report};
use crate::policies;

const BUCKET: &str = "bucket";
const WRITE: &str = "bucket-write";
const READ: &str = "bucket-read";
const KEY: &str = "kms-key";
const LIST_BUCKET: &str = "s3:ListBucket";

/// A bucket and whose it should be.
pub(super) struct ReportBucket<'a> {
    pub(super) job: Job,
    pub(super) config: &'a Config,
    pub(super) caller: &'a Examined,
    pub(super) bucket: &'a str,
    /// Whose names objects have.
    pub(super) management_account: AccountId,
    pub(super) time_stamp: &'a str,
}

impl ReportBucket<'_> {
    pub(super) async fn checks<B: Buckets>(&self, buckets: &B) -> Vec<Check> {
        let owner = self.owner();
        let anybodys = buckets.bucket_is_there(self.bucket, None).await;
        if let Some(problem) = self.absent(&anybodys) {
            return vec![problem];
        }
        let named = buckets.bucket_is_there(self.bucket, Some(owner)).await;
        let is_denied = |seen: &BucketSeen| matches!(&seen.answer, Err(error) if error.kind == CallErrorKind::Denied);
        if anybodys.answer.is_ok() && is_denied(&named) {
            return vec![self.of_another_owner()];
        }
        // Who may not look at a stranger's bucket is answered like one who may not look at his own.
        let mut is_own = named.answer.is_ok();
        if is_denied(&named) && owner == self.caller.account {
            match buckets.is_own_bucket(self.bucket).await {
                Ok(false) => return vec![self.of_another_owner()],
                Ok(true) => is_own = true,
                Err(_) => {}
            }
        }
        let report = match self.job {
            Job::AccountMetadata => Report::AccountMetadata,
            Job::CredentialReport => Report::CredentialReport,
        };
        let name = report.coverage_csv(self.management_account, Edition::Of(self.time_stamp));
        let written = buckets.try_to_write(&self.config.output, owner, &name).await;
        let newest = report.coverage_csv(self.management_account, Edition::Latest);
        let read = buckets.try_to_read(&self.config.output, owner, &newest).await;
        // Writing names the owner too, so it proves what may not be asked.
        let is_owned = is_own || written.is_ok();
        let mut checks = Vec::new();
        if is_owned {
            let place = anybodys.region.as_deref().map(|region| format!(", in {region}")).unwrap_or_default();
            checks.push(Check::ok(BUCKET, self.bucket, format!("it is there and of account {owner}{place}")));
        } else {
            checks.push(Check::unknown(
                BUCKET,
                self.bucket,
                format!(
                    "whether it is of account {owner} may not be asked; s3:ListBucket on it, or s3:ListAllMyBuckets, would \
                     allow it"
                ),
            ));
        }
        let may_write = written.is_ok();
        checks.extend(self.written(written, is_owned));
        let read = self.read(read);
        // What keeps from writing keeps from reading too, and is mended with it.
        checks.push(if may_write || read.state != State::Failed {
            read
        } else {
            Check::skipped(READ, self.bucket, "first it has to be written")
        });
        checks
    }

    fn owner(&self) -> AccountId {
        self.config.output.expected_bucket_owner.unwrap_or(self.caller.account)
    }

    fn absent(&self, seen: &BucketSeen) -> Option<Check> {
        let bucket = self.bucket;
        if matches!(&seen.answer, Err(error) if error.kind == CallErrorKind::NotFound || error.code.as_deref() == Some("NoSuchBucket"))
        {
            let fix = Fix::explained("make the bucket, or set OUTPUT_BUCKET to one that is there")
                .run_in(self.owner(), self.make(bucket));
            return Some(Check::failed(BUCKET, bucket, "bucket-absent", "there is no such bucket").mended_by(fix));
        }
        let region = seen.region.as_deref().filter(|region| *region != self.caller.region)?;
        let found = format!("it is in {region}, and reports are written in {} only", self.caller.region);
        Some(Check::failed(BUCKET, bucket, "bucket-region", found).mended_by(self.another()))
    }

    fn of_another_owner(&self) -> Check {
        let found = format!("it is there, and not of account {}", self.owner());
        Check::failed(BUCKET, self.bucket, "bucket-owner", found).mended_by(self.another())
    }

    /// A bucket of one's own, whose name nobody else has.
    fn another(&self) -> Fix {
        let Examined { account, region, .. } = self.caller;
        let name = format!("orgscan-reports-{account}-{region}");
        let mut fix = Fix::explained(
            "make a bucket of your own and write there; where the other account's bucket is meant, set \
             EXPECTED_BUCKET_OWNER to its account instead (the last command is for a caller that may not write to every bucket)",
        )
        .run_in(account, self.make(&name).into_iter().chain(self.may_write(&name)).collect())
        .set("OUTPUT_BUCKET", name);
        if self.config.output.expected_bucket_owner.is_some() {
            fix = fix.set("EXPECTED_BUCKET_OWNER", account.to_string());
        }
        fix
    }

    /// Lets the caller write to another bucket than the one that its policies name.
    fn may_write(&self, bucket: &str) -> Vec<String> {
        let mut config = self.config.clone();
        config.output.bucket = Some(bucket.to_owned());
        let policy = policies::of_caller(self.job, &config, &self.caller.place());
        let arn = format!("arn:{}:s3:::{bucket}", self.caller.partition);
        let is_of_bucket = |one: &&policies::Statement| one.resources.iter().any(|resource| resource.starts_with(&arn));
        let statements: Vec<_> =
            policy.statements.iter().filter(is_of_bucket).map(policies::Statement::to_json).collect();
        self.caller
            .grant_statements(&format!("orgscan-{}-reports", self.job.as_str()), &statements, "s3:PutObject")
            .commands
    }

    fn make(&self, bucket: &str) -> Vec<String> {
        let region = self.caller.region.as_str();
        let location = format!("LocationConstraint={region}");
        let mut arguments = vec!["--bucket", bucket, "--region", region];
        // The first region of S3 is the one that may not be named (S3 API reference, CreateBucket).
        if region != "us-east-1" {
            arguments.extend(["--create-bucket-configuration", &location]);
        }
        let all = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
        vec![
            commands::aws("s3api", "create-bucket", &arguments),
            commands::aws(
                "s3api",
                "put-public-access-block",
                &["--bucket", bucket, "--region", region, "--public-access-block-configuration", all],
            ),
        ]
    }

    fn written(&self, written: Result<(), CallError>, is_owned: bool) -> Vec<Check> {
        let key = self.config.output.kms_key_arn.as_deref();
        let Err(error) = written else {
            let ok = Check::ok(WRITE, self.bucket, "reports can be written");
            let with_key = key.map(|key| Check::ok(KEY, key, "it can be used"));
            return std::iter::once(ok).chain(with_key).collect();
        };
        let refusal = Refusal::from(&error);
        let said = &refusal.said;
        let code = error.code.as_deref().unwrap_or_default();
        if code.starts_with("KMS.") || said.contains("kms:") {
            let subject = key.unwrap_or("the bucket's own key");
            let check = if error.kind == CallErrorKind::Denied {
                let denied = Refusal { action: "kms:GenerateDataKey", ..refusal };
                self.caller.denied(KEY, subject, self.job, self.config, &denied)
            } else {
                let fix = Fix::explained(
                    "enable the key, or set KMS_KEY_ARN, or the bucket's default encryption, to another one",
                );
                Check::failed(KEY, subject, "key-unusable", said.clone()).mended_by(fix)
            };
            return vec![check, Check::skipped(WRITE, self.bucket, "the key keeps it from being found out")];
        }
        match error.kind {
            // S3 says so only of buckets of other accounts: in one's own, a policy of one's own is enough.
            CallErrorKind::Denied if said.contains("no resource-based policy allows") => vec![self.of_another_owner()],
            CallErrorKind::Denied if is_owned || DeniedBy::read(said) != DeniedBy::Unsaid => {
                vec![self.caller.denied(WRITE, self.bucket, self.job, self.config, &refusal)]
            }
            // S3 answers a wrong owner as it answers a missing right.
            CallErrorKind::Denied => {
                let mut own = self.another();
                own.explanation = format!("if the bucket is not of account {}: {}", self.owner(), own.explanation);
                let mut grant = self.caller.grant(self.job, self.config, "s3:PutObject");
                grant.explanation = format!("if it is: {}", grant.explanation);
                let found = format!("reports cannot be written: {said}");
                vec![
                    Check::failed(WRITE, self.bucket, "denied", found)
                        .of_action("s3:PutObject")
                        .perhaps_mended_by(vec![own, grant]),
                ]
            }
            kind if kind.is_transient() => vec![Check::unknown(WRITE, self.bucket, said.clone())],
            _ => vec![Check::failed(WRITE, self.bucket, "not-written", said.clone())],
        }
    }

    fn read(&self, read: Result<(), CallError>) -> Check {
        match read {
            Ok(()) => Check::ok(READ, self.bucket, "reports can be read back"),
            // Who may not list a bucket is answered so for an object that is not there.
            Err(error) if error.kind == CallErrorKind::Denied && error.chain().contains(LIST_BUCKET) => {
                self.not_told_from_denied(&error)
            }
            Err(error) if error.kind == CallErrorKind::Denied => {
                let said = error.chain();
                if DeniedBy::read(&said) != DeniedBy::Unsaid {
                    return self.caller.denied(READ, self.bucket, self.job, self.config, &Refusal::from(&error));
                }
                let statement = self.caller.grant(self.job, self.config, "s3:GetObject").policy.unwrap_or_default();
                Check::unknown(
                    READ,
                    self.bucket,
                    "S3 answers who may not list a bucket alike for an object that is not there and one that may not be \
                     read; after the first run it can be found out",
                )
                .perhaps_mended_by(vec![Fix::explained("this statement has to be allowed").with_policy(statement)])
            }
            Err(error) => Check::unknown(READ, self.bucket, error.chain()),
        }
    }
    /// A job that reads what an earlier run left has to know that there is none.
    fn not_told_from_denied(&self, error: &CallError) -> Check {
        let grant = self.caller.grant(self.job, self.config, LIST_BUCKET);
        if grant.policy.is_none() {
            return Check::ok(READ, self.bucket, "reports can be read back");
        }
        let found = format!("what is not there cannot be told from what may not be read: {}", error.chain());
        Check::failed(READ, self.bucket, "action-missing", found)
            .in_account(self.caller.account)
            .of_action(LIST_BUCKET)
            .mended_by(grant)
    }
}
