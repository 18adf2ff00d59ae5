//! The bucket, its key, and the list of exemptions.

use orgscan::account::Partition;
use orgscan::config::{Config, Job, Place};
use orgscan::doctor::{Diagnosis, State, Status};
use orgscan::error::CallErrorKind;
use orgscan::policies;
use orgscan::testing::{Fault, FaultKind, MemoryBucket, MemoryTenant, MemoryWorld};

use super::{Visit, check, only_failure, remedy};

const KEY: &str = "arn:aws:kms:eu-west-1:000000000001:key/k";

fn visit() -> Visit {
    Visit::audit().with("OUTPUT_BUCKET", "reports")
}

fn world(bucket: MemoryBucket) -> MemoryWorld {
    super::world().with_bucket(bucket)
}

fn own() -> MemoryWorld {
    world(MemoryBucket::new("reports", 1))
}

async fn denied(action: &'static str, message: &'static str, visit: Visit) -> Diagnosis {
    let world = own();
    world.plan(Fault::always(action, FaultKind::Says(CallErrorKind::Denied, "AccessDenied", message)));
    visit.examine(&world).await
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_ones_own_is_tried_under_the_names_of_a_run() {
    let world = own();
    let diagnosis = visit().with("OUTPUT_PREFIX", "audit").examine(&world).await;
    assert_eq!(diagnosis.status, Status::Ok, "{:#?}", diagnosis.checks);
    let bucket = check(&diagnosis, "bucket", "reports");
    assert_eq!(bucket.found, "it is there and of account 000000000001, in eu-west-1");
    let written: Vec<String> = world
        .requests()
        .into_iter()
        .filter(|one| one.action == "s3:PutObject")
        .filter_map(|one| one.resource)
        .collect();
    let time = "2026-11-21T06-00-00Z";
    assert_eq!(
        written,
        [
            format!("reports/audit/aws-000000000001-credential-report-{time}-coverage.csv"),
            format!("reports/audit/aws-000000000001-findings-{time}.jsonl"),
        ]
    );
    assert_eq!((world.calls_of("s3:AbortMultipartUpload"), world.calls_of("s3:ListBucketMultipartUploads")), (2, 1));
}

/// Whether a resource of a policy is this name's; `*` is any text.
fn covers(pattern: &str, name: &str) -> bool {
    let Some((beginning, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(left) = name.strip_prefix(beginning) else { return false };
    rest.is_empty() || (0..=left.len()).any(|at| left.get(at..).is_some_and(|left| covers(rest, left)))
}

#[tokio::test(start_paused = true)]
async fn of_everything_that_may_be_written_and_aborted_one_name_is_tried() {
    for (job, visit) in [(Job::CredentialReport, visit()), (Job::AccountMetadata, Visit::inventory())] {
        let visit = visit.with("OUTPUT_BUCKET", "reports").with("OUTPUT_PREFIX", "audit");
        let world = own().with_tenants("tenants", [MemoryTenant::new("000000000001")]);
        visit.examine(&world).await;
        let requests = world.requests().into_iter().filter(|one| one.action == "s3:PutObject");
        let tried: Vec<String> =
            requests.filter_map(|one| one.resource).map(|name| format!("arn:aws:s3:::{name}")).collect();
        let lookup = |name: &str| visit.settings.get(name).cloned();
        let config = Config::from_lookup(job, Place::Terminal, &lookup).unwrap();
        let (partition, region) = (Partition::of_region("eu-west-1"), "eu-west-1".to_owned());
        let place = policies::Place { partition, region, account: "000000000001".parse().unwrap() };
        let policy = policies::of_caller(job, &config, &place);
        let writing = policy.statements.iter().filter(|one| one.actions.contains(&"s3:AbortMultipartUpload"));
        let resources: Vec<&String> = writing.flat_map(|one| &one.resources).collect();
        assert_eq!(resources.len(), tried.len());
        for resource in resources {
            assert!(tried.iter().any(|name| covers(resource, name)), "{resource} of {tried:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn findings_that_may_not_be_written_are_named_and_granted_with_all_that_a_run_writes() {
    let world = own();
    world.plan(Fault::always("s3:PutObject", CallErrorKind::Denied).on("-findings-"));
    let diagnosis = visit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("bucket-write", Some("action-missing")));
    let names = "aws-000000000001-findings-2026-11-21T06-00-00Z.jsonl cannot be written: ";
    assert!(failed.found.starts_with(names), "{}", failed.found);
    let [command] = remedy(failed).0 else { panic!("{failed:#?}") };
    assert!(command.contains("WriteReports") && command.contains("KeepMalformedReports"), "{command}");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_stays_open_is_named_and_may_be_aborted_the_next_time() {
    let diagnosis = denied("s3:AbortMultipartUpload", "Access Denied", visit()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.action.as_deref()), ("bucket-write", Some("s3:AbortMultipartUpload")));
    assert!(failed.found.contains("-coverage.csv was tried is left open"), "{}", failed.found);
    assert!(remedy(failed).0[0].contains("WriteReports"));
    assert_eq!(check(&diagnosis, "bucket", "reports").state, State::Ok, "writing has proven whose it is");
}

#[tokio::test(start_paused = true)]
async fn uploads_that_cannot_be_found_are_a_warning() {
    let diagnosis = denied("s3:ListBucketMultipartUploads", "Access Denied", visit()).await;
    assert_eq!(diagnosis.status, Status::Ok);
    let uploads = check(&diagnosis, "bucket-uploads", "reports");
    assert_eq!(uploads.state, State::Warning);
    assert!(remedy(uploads).0[0].contains("FindOpenUploads"));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_owner_is_replaced_by_one_of_ones_own() {
    let diagnosis = visit().examine(&world(MemoryBucket::new("reports", 7))).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("bucket", Some("bucket-owner")));
    assert_eq!(failed.found, "it is there, and not of account 000000000001");
    let (commands, settings, account) = remedy(failed);
    assert_eq!(settings["OUTPUT_BUCKET"], "orgscan-reports-000000000001-eu-west-1");
    assert_eq!(account, Some("000000000001"));
    let (may_write, make) = commands.split_last().unwrap();
    let put = "aws iam put-role-policy --role-name orgscan --policy-name orgscan-credential-report-reports";
    assert!(may_write.starts_with(put), "{may_write}");
    for statement in ["WriteReports", "KeepMalformedReports", "TellMissingFromDenied", "FindOpenUploads"] {
        assert!(may_write.contains(statement), "{statement} of {may_write}");
    }
    assert!(may_write.contains(r#""arn:aws:s3:::orgscan-reports-000000000001-eu-west-1/aws-*-findings-*""#));
    assert_eq!(
        make,
        [
            "aws s3api create-bucket --bucket orgscan-reports-000000000001-eu-west-1 --region eu-west-1 \
             --create-bucket-configuration LocationConstraint=eu-west-1",
            "aws s3api put-public-access-block --bucket orgscan-reports-000000000001-eu-west-1 --region eu-west-1 \
             --public-access-block-configuration \
             BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
        ]
    );
    let meant = visit().with("EXPECTED_BUCKET_OWNER", "000000000007");
    assert_eq!(meant.examine(&world(MemoryBucket::new("reports", 7))).await.status, Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_is_not_there_is_made_and_one_elsewhere_is_not_used() {
    let absent = visit().examine(&super::world()).await;
    let failed = only_failure(&absent);
    assert_eq!(failed.cause.as_deref(), Some("bucket-absent"));
    assert!(remedy(failed).0[0].starts_with("aws s3api create-bucket --bucket reports --region eu-west-1 "));

    let elsewhere = visit().examine(&world(MemoryBucket::new("reports", 1).region("us-east-1"))).await;
    assert_eq!(only_failure(&elsewhere).cause.as_deref(), Some("bucket-region"));
}

#[tokio::test(start_paused = true)]
async fn who_may_not_list_learns_from_writing_that_the_bucket_is_right() {
    let diagnosis = denied("s3:ListBucket", "Forbidden", visit()).await;
    assert_eq!(diagnosis.status, Status::Ok);
    assert_eq!(check(&diagnosis, "bucket", "reports").state, State::Ok);
}

#[tokio::test(start_paused = true)]
async fn who_may_neither_list_nor_write_is_given_both_causes() {
    let world = own();
    for action in ["s3:ListBucket", "s3:ListAllMyBuckets", "s3:PutObject"] {
        world.plan(Fault::always(action, CallErrorKind::Denied));
    }
    let diagnosis = visit().examine(&world).await;
    assert_eq!(check(&diagnosis, "bucket", "reports").state, State::Unknown);
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.candidates.len()), ("bucket-write", 2));
    assert_eq!(failed.candidates[0].settings["OUTPUT_BUCKET"], "orgscan-reports-000000000001-eu-west-1");
    assert!(failed.candidates[1].commands[0].contains("s3:PutObject"));
}

#[tokio::test(start_paused = true)]
async fn a_strangers_bucket_that_may_not_be_looked_at_is_not_among_ones_own() {
    let world = world(MemoryBucket::new("reports", 7));
    world.plan(Fault::always("s3:ListBucket", CallErrorKind::Denied));
    let diagnosis = visit().examine(&world).await;
    assert_eq!(only_failure(&diagnosis).cause.as_deref(), Some("bucket-owner"));
    let world = own();
    world.plan(Fault::always("s3:ListBucket", CallErrorKind::Denied));
    world.plan(Fault::always("s3:PutObject", CallErrorKind::Denied));
    let diagnosis = visit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(
        (failed.id.as_str(), failed.candidates.len()),
        ("bucket-write", 0),
        "it is the caller's own, so it is a right"
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_the_bucket_itself_is_told_from_the_callers_own() {
    let explicit = "not authorized to perform: s3:PutObject with an explicit deny in a resource-based policy";
    let diagnosis = denied("s3:PutObject", explicit, visit()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("resource-policy"));
    assert!(remedy(failed).0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_does_not_let_the_caller_in_yet_is_a_strangers_only_where_no_other_account_is_named() {
    let none =
        "not authorized to perform: s3:PutObject because no resource-based policy allows the s3:PutObject action";
    let tried = async |owner: u64, may_look: bool, visit: Visit| {
        let world = world(MemoryBucket::new("reports", owner));
        let says = FaultKind::Says(CallErrorKind::Denied, "AccessDenied", none);
        world.plan(Fault::always("s3:PutObject", says));
        for action in ["s3:ListBucket", "s3:ListAllMyBuckets"].into_iter().filter(|_| !may_look) {
            world.plan(Fault::always(action, CallErrorKind::Denied));
        }
        visit.examine(&world).await
    };
    let named = || visit().with("EXPECTED_BUCKET_OWNER", "000000000007");
    for (may_look, bucket) in [(true, State::Ok), (false, State::Unknown)] {
        let diagnosis = tried(7, may_look, named()).await;
        let failed = only_failure(&diagnosis);
        assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("bucket-write", Some("resource-policy")));
        let advice = &failed.fix.as_ref().unwrap().explanation;
        assert!(advice.starts_with("let the policy of reports itself allow "), "{advice}");
        assert_eq!(check(&diagnosis, "bucket", "reports").state, bucket);
    }
    let of_nobody = tried(7, false, visit()).await;
    assert_eq!(only_failure(&of_nobody).cause.as_deref(), Some("bucket-owner"));
    let proven = tried(1, true, visit()).await;
    assert_eq!(only_failure(&proven).cause.as_deref(), Some("resource-policy"), "it is known to be one's own");
}

#[tokio::test(start_paused = true)]
async fn writing_that_a_policy_does_not_allow_is_granted() {
    let message =
        "not authorized to perform: s3:PutObject because no identity-based policy allows the s3:PutObject action";
    let diagnosis = denied("s3:PutObject", message, visit()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("bucket-write", Some("action-missing")));
    let put = "aws iam put-role-policy --role-name orgscan --policy-name orgscan-credential-report-WriteReports";
    assert!(remedy(failed).0[0].starts_with(put));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_not_be_used_is_told_from_one_that_cannot() {
    let with_key = || visit().with("KMS_KEY_ARN", KEY);
    let message = "not authorized to perform: kms:GenerateDataKey on this resource";
    let diagnosis = denied("s3:PutObject", message, with_key()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.action.as_deref()), ("kms-key", Some("kms:GenerateDataKey")));
    assert!(remedy(failed).0[0].contains("orgscan-credential-report-EncryptReports"));
    assert_eq!(check(&diagnosis, "bucket-write", "reports").state, State::Skipped);
    let decrypt = "not authorized to perform: kms:Decrypt on this resource";
    let diagnosis = denied("s3:PutObject", decrypt, with_key()).await;
    assert_eq!(only_failure(&diagnosis).action.as_deref(), Some("kms:Decrypt"));

    let world = own();
    world.plan(Fault::always(
        "s3:PutObject",
        FaultKind::Says(CallErrorKind::Other, "KMS.DisabledException", "disabled"),
    ));
    let diagnosis = with_key().examine(&world).await;
    assert_eq!(only_failure(&diagnosis).cause.as_deref(), Some("key-unusable"));
    assert_eq!(check(&with_key().examine(&own()).await, "kms-key", KEY).state, State::Ok);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_not_there_cannot_always_be_told_from_one_that_may_not_be_read() {
    let plain = denied("s3:GetObject", "Access Denied", visit()).await;
    let read = check(&plain, "bucket-read", "reports");
    assert_eq!((read.state, plain.status), (State::Unknown, Status::Ok));
    assert_eq!(read.candidates[0].policy.as_ref().unwrap()["Sid"], "WriteReports");
    let policy =
        "not authorized to perform: s3:GetObject because no identity-based policy allows the s3:GetObject action";
    let diagnosis = denied("s3:GetObject", policy, visit()).await;
    assert_eq!(only_failure(&diagnosis).id, "bucket-read");
}

#[tokio::test(start_paused = true)]
async fn who_reads_what_an_earlier_run_left_has_to_list_the_bucket() {
    let listing =
        "not authorized to perform: s3:ListBucket because no identity-based policy allows the s3:ListBucket action";
    let diagnosis = denied("s3:GetObject", listing, visit()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.action.as_deref()), ("bucket-read", Some("s3:ListBucket")));
    assert!(remedy(failed).0[0].contains("TellMissingFromDenied"), "{failed:#?}");
    let inventory = Visit::inventory().with("OUTPUT_BUCKET", "reports");
    let world = own().with_tenants("tenants", [MemoryTenant::new("000000000001")]);
    world.plan(Fault::always("s3:GetObject", FaultKind::Says(CallErrorKind::Denied, "AccessDenied", listing)));
    let diagnosis = inventory.examine(&world).await;
    assert_eq!(check(&diagnosis, "bucket-read", "reports").state, State::Ok, "an inventory looks for nothing");
}

#[tokio::test(start_paused = true)]
async fn exemptions_that_cannot_be_read_are_a_failure() {
    let diagnosis = Visit::audit().with("EXEMPTIONS", "s3://memory/list.json").examine(&super::world()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("exemptions", Some("exemptions-unreadable")));
}

#[tokio::test(start_paused = true)]
async fn a_list_of_exemptions_that_may_not_be_read_is_mended_by_its_own_statement() {
    let read = async |message: &'static str| {
        let world = own();
        let denied = FaultKind::Says(CallErrorKind::Denied, "AccessDenied", message);
        world.plan(Fault::always("s3:GetObject", denied).on("list.json"));
        visit().with("EXEMPTIONS", "s3://memory/list.json").examine(&world).await
    };
    for message in ["Access Denied", "because no identity-based policy allows the s3:GetObject action"] {
        let diagnosis = read(message).await;
        let failed = only_failure(&diagnosis);
        assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("exemptions", Some("action-missing")));
        let [command] = remedy(failed).0 else { panic!("{failed:#?}") };
        assert!(command.contains("--policy-name orgscan-credential-report-ReadExemptions "), "{command}");
        assert!(
            command.contains(r#"["arn:aws:s3:::memory/list.json"]"#) && !command.contains("PutObject"),
            "{command}"
        );
    }
    let above = read("with an explicit deny in a service control policy").await;
    assert_eq!(only_failure(&above).cause.as_deref(), Some("service-control-policy"));
    let of_bucket = read("with an explicit deny in a resource-based policy").await;
    assert!(remedy(only_failure(&of_bucket)).0.is_empty());
    let absent = read("s3:ListBucket because no identity-based policy allows the s3:ListBucket action").await;
    assert_eq!(only_failure(&absent).cause.as_deref(), Some("exemptions-unreadable"));
}
