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
use crate::names::{Edition, Report, findings};
use crate::policies;

const BUCKET: &str = "bucket";
const WRITE: &str = "bucket-write";
const READ: &str = "bucket-read";
const UPLOADS: &str = "bucket-uploads";
const KEY: &str = "kms-key";
const ABORT: &str = "s3:AbortMultipartUpload";
const LIST_BUCKET: &str = "s3:ListBucket";

/// An object that could not be written.
struct Unwritten<'a> {
    name: &'a str,
    error: CallError,
}

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
        if let Err(error) = &anybodys.answer
            && error.kind.is_transient()
        {
            return vec![Check::not_answered(BUCKET, self.bucket, error.chain())];
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
        let to_write = self.names();
        let newest = self.report().coverage_csv(self.management_account, Edition::Latest);
        let mut written = Vec::new();
        for name in &to_write {
            written.push((name.as_str(), buckets.try_to_write(&self.config.output, owner, name).await));
        }
        let read = buckets.try_to_read(&self.config.output, owner, &newest).await;
        // Writing names the owner too, so it proves what may not be asked.
        let is_owned = is_own || written.iter().any(|(_, one)| one.as_ref().err().is_none_or(is_of_abort));
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
        let failed: Vec<Unwritten<'_>> =
            written.into_iter().filter_map(|(name, one)| Some(Unwritten { name, error: one.err()? })).collect();
        let may_write = failed.is_empty();
        checks.extend(self.written(&failed, is_owned));
        if may_write {
            let found = buckets.try_to_find_uploads(&self.config.output, owner, &newest).await;
            checks.push(self.uploads(found));
        }
        let read = self.read(read);
        // What keeps from writing keeps from reading too, and is mended with it.
        checks.push(if may_write || read.state != State::Failed {
            read
        } else {
            Check::skipped(READ, self.bucket, "first it has to be written")
        });
        checks
    }

    fn report(&self) -> Report {
        match self.job {
            Job::AccountMetadata => Report::AccountMetadata,
            Job::CredentialReport => Report::CredentialReport,
        }
    }

    /// One name of each kind that the policies name apart; but for malformed reports, whose statement lets nobody abort an
    /// upload, so that one would stay open.
    fn names(&self) -> Vec<String> {
        let (account, edition) = (self.management_account, Edition::Of(self.time_stamp));
        let mut names = vec![self.report().coverage_csv(account, edition)];
        if self.job == Job::CredentialReport {
            names.push(findings(account, edition));
        }
        names
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

    fn written(&self, failed: &[Unwritten<'_>], is_owned: bool) -> Vec<Check> {
        let key = self.config.output.kms_key_arn.as_deref();
        let Some(Unwritten { name, error }) = failed.first() else {
            let ok = Check::ok(WRITE, self.bucket, "reports can be written");
            let with_key = key.map(|key| Check::ok(KEY, key, "it can be used"));
            return std::iter::once(ok).chain(with_key).collect();
        };
        let refusal = Refusal::from(error);
        let said = refusal.said.clone();
        let code = error.code.as_deref().unwrap_or_default();
        if code.starts_with("KMS.") || said.contains("kms:") {
            let subject = key.unwrap_or("the bucket's own key");
            let check = if error.kind == CallErrorKind::Denied {
                let action = if said.contains("kms:Decrypt") { "kms:Decrypt" } else { "kms:GenerateDataKey" };
                let denied = Refusal { action, ..refusal };
                self.caller.denied(KEY, subject, self.job, self.config, &denied)
            } else {
                let fix = Fix::explained(
                    "enable the key, or set KMS_KEY_ARN, or the bucket's default encryption, to another one",
                );
                Check::failed(KEY, subject, "key-unusable", said).mended_by(fix)
            };
            return vec![check, Check::skipped(WRITE, self.bucket, "the key keeps it from being found out")];
        }
        vec![match error.kind {
            // S3 says so only of buckets of other accounts: in one's own, a policy of one's own is enough. Where another
            // account's is meant, its policy does not let the caller in yet.
            CallErrorKind::Denied
                if said.contains("no resource-based policy allows")
                    && !is_owned
                    && self.owner() == self.caller.account =>
            {
                self.of_another_owner()
            }
            CallErrorKind::Denied if is_owned || DeniedBy::read(&said) != DeniedBy::Unsaid => {
                self.denied(failed, name, &refusal)
            }
            // S3 answers a wrong owner as it answers a missing right.
            CallErrorKind::Denied => {
                let mut own = self.another();
                own.explanation = format!("if the bucket is not of account {}: {}", self.owner(), own.explanation);
                let mut grant = self.grant(error.action);
                grant.explanation = format!("if it is: {}", grant.explanation);
                let found = format!("reports cannot be written: {said}");
                Check::failed(WRITE, self.bucket, "denied", found)
                    .of_action(error.action)
                    .perhaps_mended_by(vec![own, grant])
            }
            kind if kind.is_transient() => Check::not_answered(WRITE, self.bucket, said),
            _ => Check::failed(WRITE, self.bucket, "not-written", said),
        }]
    }

    /// The caller may not write, or not all of it.
    fn denied(&self, failed: &[Unwritten<'_>], name: &str, refusal: &Refusal) -> Check {
        let mut check = self.caller.denied(WRITE, self.bucket, self.job, self.config, refusal);
        if check.cause.as_deref() == Some(DeniedBy::Unsaid.cause()) {
            check.fix = Some(self.grant(refusal.action));
        }
        check.found = if refusal.action == ABORT {
            format!("the upload with which {name} was tried is left open: {}", refusal.said)
        } else {
            let names: Vec<&str> = failed.iter().map(|one| one.name).collect();
            format!("{} cannot be written: {}", names.join(", "), refusal.said)
        };
        check
    }

    /// Grants what was denied, on everything that a run writes.
    fn grant(&self, action: &str) -> Fix {
        let policy = policies::of_caller(self.job, self.config, &self.caller.place());
        let lacking: Vec<&policies::Statement> =
            policy.statements.iter().filter(|one| one.actions.contains(&action)).collect();
        let Some(first) = lacking.first() else { return self.caller.grant(self.job, self.config, action) };
        let name = format!("orgscan-{}-{}", self.job.as_str(), first.sid);
        let statements: Vec<_> = lacking.iter().map(|one| one.to_json()).collect();
        self.caller.grant_statements(&name, &statements, action)
    }

    /// Who may not look for uploads that were left open leaves them to the bucket's lifecycle rule.
    fn uploads(&self, found: Result<(), CallError>) -> Check {
        match found {
            Ok(()) => Check::ok(UPLOADS, self.bucket, "uploads that a run left open can be found"),
            Err(error) if error.kind == CallErrorKind::Denied => {
                let refusal = Refusal::from(&error);
                let check = self.caller.denied(UPLOADS, self.bucket, self.job, self.config, &refusal);
                let found = format!("uploads that a killed run leaves open are not found: {}", check.found);
                Check { state: State::Warning, found, ..check }
            }
            Err(error) => Check::not_answered(UPLOADS, self.bucket, error.chain()),
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
            Err(error) => Check::not_answered(READ, self.bucket, error.chain()),
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

/// Whether all went well but for ending the upload.
fn is_of_abort(error: &CallError) -> bool {
    error.action == ABORT
}
