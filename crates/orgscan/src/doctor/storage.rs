//! Where reports go: whether the bucket is there, is whose it should be, and takes and gives objects.

use super::caller::Examined;
use super::commands;
use super::denial::DeniedBy;
use super::diagnosis::{Check, Fix};
use super::ports::{BucketSeen, Buckets};
use crate::account::AccountId;
use crate::config::{Config, Job};
use crate::error::{CallError, CallErrorKind};
use crate::jobs::rehearsal::Refusal;
use crate::names::{Edition, Report};

const BUCKET: &str = "bucket";
const WRITE: &str = "bucket-write";
const READ: &str = "bucket-read";
const KEY: &str = "kms-key";

/// A bucket and whose it should be.
pub(super) struct Shelf<'a> {
    pub(super) job: Job,
    pub(super) config: &'a Config,
    pub(super) caller: &'a Examined,
    pub(super) bucket: &'a str,
    /// Whose names objects have.
    pub(super) management_account: AccountId,
    pub(super) time_stamp: &'a str,
}

impl Shelf<'_> {
    pub(super) async fn checks<B: Buckets>(&self, buckets: &B) -> Vec<Check> {
        let owner = self.owner();
        let anybodys = buckets.bucket_is_there(self.bucket, None).await;
        if let Some(problem) = self.absent(&anybodys) {
            return vec![problem];
        }
        let owned = buckets.bucket_is_there(self.bucket, Some(owner)).await;
        let is_denied = |seen: &BucketSeen| matches!(&seen.answer, Err(error) if error.kind == CallErrorKind::Denied);
        if anybodys.answer.is_ok() && is_denied(&owned) {
            return vec![self.of_another_owner()];
        }
        // Who may not look at a stranger's bucket is answered like one who may not look at his own.
        let mut is_own = owned.answer.is_ok();
        if is_denied(&owned) && owner == self.caller.account {
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
        checks.extend(self.written(written, is_owned));
        checks.push(self.read(read));
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
             EXPECTED_BUCKET_OWNER to its account instead",
        )
        .run_in(account, self.make(&name))
        .set("OUTPUT_BUCKET", name);
        if self.config.output.expected_bucket_owner.is_some() {
            fix = fix.set("EXPECTED_BUCKET_OWNER", account.to_string());
        }
        fix
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
            Err(error) if error.kind == CallErrorKind::Denied && error.chain().contains("s3:ListBucket") => {
                Check::ok(READ, self.bucket, "reports can be read back")
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
}
