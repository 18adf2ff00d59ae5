//! Every setting: missing, malformed, at its bounds; and that no message tells a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::error::RunError;

const SECRETS: [&str; 3] = ["hunter2-external-id", "sender@secret.example", "reader@secret.example"];

type Variables<'a> = &'a [(&'a str, &'a str)];

const INVENTORY: Variables<'_> =
    &[("OUTPUT_BUCKET", "reports"), ("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "OrgReader")];
const AUDIT: Variables<'_> = &[("OUTPUT_BUCKET", "reports")];

fn read_at(place: Place, job: Job, groups: &[Variables<'_>]) -> Result<Config, Vec<String>> {
    let variables: BTreeMap<&str, &str> = groups.iter().flat_map(|group| group.iter().copied()).collect();
    let lookup = |name: &str| variables.get(name).map(|text| (*text).to_owned());
    match Config::from_lookup(job, place, &lookup) {
        Ok(config) => Ok(config),
        Err(RunError::Settings { problems }) => Err(problems),
        Err(other) => panic!("{other:?}"),
    }
}

fn inventory(variables: Variables<'_>) -> Result<Config, Vec<String>> {
    read_at(Place::Lambda, Job::AccountMetadata, &[INVENTORY, variables])
}

fn audit(variables: Variables<'_>) -> Result<Config, Vec<String>> {
    read_at(Place::Lambda, Job::CredentialReport, &[AUDIT, variables])
}

/// With what each job cannot do without.
fn read(job: Job, variables: Variables<'_>) -> Result<Config, Vec<String>> {
    match job {
        Job::AccountMetadata => inventory(variables),
        Job::CredentialReport => audit(variables),
    }
}

/// A job that reads the setting.
fn job_of(variable: &str) -> Job {
    SETTINGS.iter().find(|setting| setting.variable == variable).unwrap().jobs[0]
}

#[test]
fn what_is_unset_has_its_default() {
    let config = audit(&[]).unwrap();
    let expected = Config {
        output: Output { bucket: Some("reports".into()), ..Output::default() },
        tenants: None,
        member_role: MemberRole { name: "OrganizationAccountAccessRole".into(), via: Via::Caller },
        external_id: None,
        accounts: AccountSelection::default(),
        formula_guard: FormulaGuard::Mail,
        max_in_flight: NonZeroUsize::new(200).unwrap(),
        quota_percent: NonZeroU32::new(100).unwrap(),
        account_timeout: Duration::from_mins(3),
        deadline_reserve: Duration::from_secs(45),
        inventory: Inventory {
            region_detection: true,
            regions: None,
            region_groups: RegionGroups::default(),
            region_cache: Duration::ZERO,
            resource_types: Vec::new(),
            environment_tag_keys: vec!["environment".into(), "env".into()],
            aide_id_tag_keys: vec!["aide-id".into(), "aide_id".into(), "aideid".into()],
            tag_source: TagSource::Auto,
            tag_verify_limit: 500,
        },
        audit: Audit {
            mail: None,
            cis_version: CisVersion::V7,
            unused_days: 45,
            key_rotation_days: 90,
            root_use_days: 1,
            exemptions: None,
        },
    };
    assert_eq!(config, expected);

    let filter = [("tenant_type", "Cloud Usage"), ("tenant_status", "Active"), ("cloud_service_provider", "AWS")];
    let filter = filter.map(|(name, value)| (name.to_owned(), vec![value.to_owned()]));
    let table = TenantsTable {
        name: "tenants".into(),
        filter: TenantFilter(filter.into()),
        management_role: "OrgReader".into(),
    };
    let member_role = MemberRole { name: "OrgReader".into(), via: Via::Caller };
    assert_eq!(inventory(&[]).unwrap(), Config { tenants: Some(table), member_role, ..expected });
}

#[test]
fn a_default_written_out_is_the_default() {
    let mut literals = 0;
    for setting in SETTINGS {
        let DefaultValue::Literal(text) = setting.default else { continue };
        literals += 1;
        for job in setting.jobs {
            let table: Variables<'_> = &[("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "OrgReader")];
            let groups = [INVENTORY, table, &[(setting.variable, text)]];
            let written = read_at(Place::Lambda, *job, &groups).unwrap();
            assert_eq!(written, read_at(Place::Lambda, *job, &groups[..2]).unwrap(), "{}", setting.variable);
        }
    }
    assert!(literals >= 16, "{literals}");
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let empty: Vec<(&str, &str)> = SETTINGS.iter().map(|setting| (setting.variable, "")).collect();
    for job in [Job::AccountMetadata, Job::CredentialReport] {
        let place = Place::Terminal;
        assert_eq!(read_at(place, job, &[&empty]), read_at(place, job, &[]), "{job:?}");
    }
}

#[test]
fn what_is_required_is_named_where_it_is_missing() {
    let bucket = "OUTPUT_BUCKET is not set where the name of an S3 bucket is expected";
    let table = "DYNAMO_TABLE_NAME is not set where the name of a DynamoDB table is expected";
    let role = "CROSS_ACCOUNT_ROLE_NAME is not set where the name of an IAM role, with or without a path, is expected";
    let (lambda, terminal) = (Place::Lambda, Place::Terminal);
    let (metadata, credential) = (Job::AccountMetadata, Job::CredentialReport);
    let tenants: Variables<'_> = &[("DYNAMO_TABLE_NAME", "tenants")];
    assert_eq!(read_at(lambda, metadata, &[]).unwrap_err(), [bucket, table, role]);
    assert_eq!(read_at(terminal, metadata, &[]).unwrap_err(), [table, role]);
    assert_eq!(read_at(terminal, metadata, &[tenants]).unwrap_err(), [role]);
    assert_eq!(read_at(lambda, credential, &[]).unwrap_err(), [bucket]);
    assert_eq!(read_at(lambda, credential, &[tenants]).unwrap_err(), [bucket, role]);
    assert_eq!(read_at(terminal, credential, &[]).unwrap().output, Output::default());
    assert_eq!(read_at(terminal, credential, &[AUDIT]).unwrap().output.bucket.as_deref(), Some("reports"));
}

#[test]
fn every_malformed_setting_is_told_at_once_in_the_order_of_the_table() {
    let secret = format!("{} has a blank", SECRETS[0]);
    let malformed: Vec<(&str, &str)> = SETTINGS
        .iter()
        .map(|setting| match setting.variable {
            "OUTPUT_PREFIX" => ("OUTPUT_PREFIX", "/leading"),
            "EXEMPTIONS" => ("EXEMPTIONS", ""),
            "ENVIRONMENT_TAG_KEYS" | "AIDE_ID_TAG_KEYS" => (setting.variable, ","),
            other => (other, secret.as_str()),
        })
        .collect();
    for job in [Job::AccountMetadata, Job::CredentialReport] {
        let problems = read_at(Place::Lambda, job, &[&malformed]).unwrap_err();
        let told: Vec<&str> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
        let ours = SETTINGS.iter().filter(|setting| setting.jobs.contains(&job));
        let expected: Vec<&str> = ours.map(|one| one.variable).filter(|name| *name != "EXEMPTIONS").collect();
        assert_eq!(told, expected, "{job:?}");
        for problem in &problems {
            let setting = SETTINGS.iter().find(|one| problem.starts_with(&format!("{} ", one.variable))).unwrap();
            assert_eq!(
                setting.is_secret,
                problem.contains("a value that is not shown") && !problem.contains(SECRETS[0]),
                "{problem}"
            );
            assert!(problem.ends_with("expected") || problem.ends_with(')'), "{problem}");
        }
    }
}

#[test]
fn the_external_id_and_all_of_the_mail_are_secret() {
    let secret: Vec<&str> = SETTINGS.iter().filter(|one| one.is_secret).map(|one| one.variable).collect();
    assert_eq!(secret, ["EXTERNAL_ID", "MAIL_SENDER", "MAIL_RECIPIENTS", "MAIL_WHEN"]);
}

#[test]
fn neither_a_message_nor_debug_tells_a_secret() {
    let [external_id, sender, recipient] = SECRETS;
    let good: Variables<'_> = &[("EXTERNAL_ID", external_id), ("MAIL_SENDER", sender), ("MAIL_RECIPIENTS", recipient)];
    let config = audit(good).unwrap();
    assert_eq!(config.external_id, Some(ExternalId(external_id.into())));
    assert_eq!(config.audit.mail.as_ref().unwrap().recipients, [recipient]);
    let spoilt: Vec<String> = SECRETS.iter().map(|secret| format!("{secret} @")).collect();
    let bad: Variables<'_> =
        &[("EXTERNAL_ID", &spoilt[0]), ("MAIL_SENDER", &spoilt[1]), ("MAIL_RECIPIENTS", &spoilt[2])];
    let swapped: Variables<'_> = &[("MAIL_WHEN", sender)];
    let told = [
        format!("{config:?}"),
        format!("{:?}", audit(bad).unwrap_err()),
        format!("{:?}", audit(swapped).unwrap_err()),
        format!("{:?}", audit(&[("MAIL_RECIPIENTS", recipient)]).unwrap_err()),
        format!("{:?}", audit(&[("MAIL_SENDER", sender)]).unwrap_err()),
    ];
    for text in told {
        assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
    }
    assert_eq!(
        audit(bad).unwrap_err(),
        [
            "EXTERNAL_ID is a value that is not shown where a text of 2 to 1224 letters, digits or any of _+=,.@:/- \
             is expected",
            "MAIL_SENDER is a value that is not shown where a mail address in ASCII, or Name <address>, is expected",
            "MAIL_RECIPIENTS has a value that is not shown at position 1 where a mail address in ASCII is expected",
        ]
    );
}

#[test]
fn a_long_value_is_cut_and_stays_on_one_line() {
    let fits = "é".repeat(80);
    let long = format!("{fits}\n");
    let told = |value: &str| audit(&[("MAX_IN_FLIGHT", value)]).unwrap_err().remove(0);
    assert_eq!(told(&fits), format!("MAX_IN_FLIGHT is \"{fits}\" where a whole number from 1 to 900 is expected"));
    assert_eq!(told(&long), format!("MAX_IN_FLIGHT is \"{fits}…\" where a whole number from 1 to 900 is expected"));
    assert!(told("1\n2").contains(r#""1\n2""#));
}

/// Variable, values that are taken, values that are not.
const SHAPES: &[(&str, &[&str], &[&str])] = &[
    (
        "OUTPUT_BUCKET",
        &["abc", "a.b-c.9", "0-9"],
        &["ab", "Abc", "a_b", "-ab", "ab-", ".ab", "ab.", "a..b", "192.168.1.1", "s3://abc", " abc"],
    ),
    ("OUTPUT_PREFIX", &["a", "a/", "a/b", "a b/ü", "a..b/.c"], &["/", "/a", "a/../b", "..", "./a", "a\nb"]),
    (
        "EXPECTED_BUCKET_OWNER",
        &["000000000001"],
        &["1", "12345678901", "1234567890123", "12345678901a", " 123456789012"],
    ),
    (
        "KMS_KEY_ARN",
        &[
            "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234",
            "arn:aws-cn:kms:cn-north-1:123456789012:alias/reports/all_1",
        ],
        &[
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "alias/reports",
            "arn:aws:s3:::reports",
            "arn:aws:kms::123456789012:key/1",
            "arn:aws:kms:eu-west-1:12345678901:key/1",
            "arn:aws:kms:eu-west-1:123456789012:key/",
            "arn:aws:kms:eu-west-1:123456789012:grant/1",
            "arn:aws:kms:eu-west-1:123456789012:key/1:2",
            "arn::kms:eu-west-1:123456789012:key/1",
        ],
    ),
    ("DYNAMO_TABLE_NAME", &["abc", "A-Z_0.9"], &["ab", "a b c", "tén", "a/b"]),
    (
        "TENANT_FILTER",
        &[r#"{"a":"b"}"#, r#"{"a":["b","c"],"d":"e"}"#, r#" {"a":"b"} "#],
        &[
            "a=b",
            "{}",
            "[]",
            "null",
            r#""a""#,
            r#"{"a":"b"} x"#,
            r#"{"a":""}"#,
            r#"{"":"b"}"#,
            r#"{"a":[]}"#,
            r#"{"a":[""]}"#,
            r#"{"a":1}"#,
            r#"{"a":null}"#,
            r#"{"a":["b",1]}"#,
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":[["b"]]}"#,
            r#"{"a":"b","a":"c"}"#,
        ],
    ),
    (
        "CROSS_ACCOUNT_ROLE_NAME",
        &["r", "a/b/Name", "_+=,.@-9Z"],
        &["/Name", "a/", "a//b", "a b", "Näme", "*", "a*/Name", "a?/Name", "arn:aws:iam::123456789012:role/Name"],
    ),
    ("MEMBER_ROLE_NAME", &["r", "a/b/Name"], &["/Name", "a b"]),
    ("MEMBER_ROLE_VIA", &["caller", "management"], &["Caller", "member", " caller"]),
    ("EXTERNAL_ID", &["ab"], &["a", "a b"]),
    (
        "ACCOUNTS_INCLUDE",
        &["123456789012", " 123456789012 , 000000000001,", "123456789012,123456789012"],
        &["1", "123456789012 000000000001", ",", " ", "123456789012;000000000001"],
    ),
    ("ACCOUNTS_EXCLUDE", &["123456789012"], &["1", ","]),
    ("CSV_FORMULA_GUARD", &["mail", "all", "off"], &["on", "true", "MAIL"]),
    ("QUOTA_PERCENT", &["10", "10000"], &["9", "10001", "50%", "0.5"]),
    ("MAX_IN_FLIGHT", &["1", "900", "007"], &["0", "901", "-1", "+1", "1.5", "many", " 1", "99999999999"]),
    ("ACCOUNT_TIMEOUT_SECONDS", &["10", "3600"], &["9", "3601", "10s"]),
    ("DEADLINE_RESERVE_SECONDS", &["5", "600"], &["4", "601", "5.0"]),
    ("REGION_DETECTION", &["on", "off"], &["true", "ON", "0"]),
    (
        "REGIONS",
        &["us-east-1", "us-gov-west-1, eusc-de-east-1", "us-isob-east-1", "ap-southeast-12"],
        &[
            "us-east-1a",
            "us-east",
            "useast1",
            "us-east-0",
            "us-east-100",
            "US-EAST-1",
            "-east-1",
            "us--1",
            "*",
            ",",
            "us-east-1 eu-west-1",
            "aws-global",
            "u-east-1",
        ],
    ),
    (
        "REGION_GROUPS",
        &["{}", r#"{"A":["us-east-1","us-east-1"],"B":["eu-west-1"]}"#, r#"{"亞太":["ap-east-1"]}"#],
        &[
            "US",
            "[]",
            r#"{"A":"us-east-1"}"#,
            r#"{"A":[]}"#,
            r#"{"A":[1]}"#,
            r#"{"A":["mars"]}"#,
            r#"{"":["us-east-1"]}"#,
            r#"{"multi":["us-east-1"]}"#,
            r#"{"a\nb":["us-east-1"]}"#,
            r#"{"A":["us-east-1"],"B":["us-east-1"]}"#,
            r#"{"A":["us-east-1"],"A":["us-west-1"]}"#,
        ],
    ),
    ("REGION_CACHE_HOURS", &["0", "0.5", "24", "8760"], &["-1", "-0.1", "8760.1", "NaN", "inf", "1h", "1e300"]),
    (
        "RESOURCE_TYPES",
        &["s3", "ec2:instance, rds", "elasticloadbalancing:loadbalancer/app"],
        &["ec2:", ":instance", "ec2:a:b", "ec2 instance", "*", ","],
    ),
    ("ENVIRONMENT_TAG_KEYS", &["env", "a b, 環境"], &[",", "a\tb"]),
    ("AIDE_ID_TAG_KEYS", &["aws:x/y"], &[","]),
    ("TAG_SOURCE", &["auto", "tagging", "organizations"], &["bulk", "Auto"]),
    ("TAG_VERIFY_LIMIT", &["0", "1000000"], &["-1", "1000001", "all"]),
    ("MAIL_WHEN", &["always", "findings", "changes"], &["never", "Always"]),
    ("SES_CONFIGURATION_SET", &["a", "A-Z_9"], &["a b", "a.b"]),
    ("CIS_VERSION", &["5.0.0", "6.0.0", "7.0.0"], &["7", "7.0", "4.0.0", "v7.0.0"]),
    ("UNUSED_DAYS", &["1", "3650"], &["0", "3651", "-1"]),
    ("KEY_ROTATION_DAYS", &["1", "3650"], &["0", "3651", "ninety"]),
    ("ROOT_USE_DAYS", &["1", "3650"], &["0", "3651"]),
    ("EXEMPTIONS", &["s3://reports/exemptions.json", "./exemptions.json"], &[]),
];

fn assert_taken(variable: &str, value: &str) {
    let read = read(job_of(variable), &[(variable, value)]);
    assert!(read.is_ok(), "{variable}={value}: {read:?}");
}

fn assert_refused(variable: &str, value: &str) {
    let problems = read(job_of(variable), &[(variable, value)]).expect_err(value);
    assert!(problems.iter().all(|problem| problem.starts_with(variable)), "{variable}={value}: {problems:?}");
}

#[test]
fn each_setting_has_its_shape() {
    for (variable, good, bad) in SHAPES {
        good.iter().for_each(|value| assert_taken(variable, value));
        bad.iter().for_each(|value| assert_refused(variable, value));
    }
    let untested: Vec<&str> = SETTINGS
        .iter()
        .map(|setting| setting.variable)
        .filter(|name| !SHAPES.iter().any(|(variable, ..)| variable == name))
        .collect();
    assert_eq!(untested, ["MAIL_SENDER", "MAIL_RECIPIENTS"], "they only go together");
}

#[test]
fn each_text_has_its_greatest_length() {
    for (variable, longest, rest) in [
        ("OUTPUT_BUCKET", 63, ""),
        ("OUTPUT_PREFIX", 800, ""),
        ("DYNAMO_TABLE_NAME", 255, ""),
        ("CROSS_ACCOUNT_ROLE_NAME", 64, ""),
        ("CROSS_ACCOUNT_ROLE_NAME", 510, "/Name"),
        ("MEMBER_ROLE_NAME", 64, ""),
        ("EXTERNAL_ID", 1224, ""),
        ("RESOURCE_TYPES", 256, ""),
        ("ENVIRONMENT_TAG_KEYS", 128, ""),
        ("AIDE_ID_TAG_KEYS", 128, ",id"),
        ("SES_CONFIGURATION_SET", 64, ""),
    ] {
        assert_taken(variable, &format!("{}{rest}", "x".repeat(longest)));
        assert_refused(variable, &format!("{}{rest}", "x".repeat(longest + 1)));
    }
    let types = |count: usize| (0..count).map(|index| format!("ec2:t{index}")).collect::<Vec<_>>().join(",");
    assert_taken("RESOURCE_TYPES", &types(100));
    assert_taken("RESOURCE_TYPES", &format!("{},ec2:t0", types(100)));
    assert_refused("RESOURCE_TYPES", &types(101));
    let values = |count: usize| format!(r#"{{"a":[{}]}}"#, vec![r#""v""#; count].join(","));
    assert_taken("TENANT_FILTER", &values(100));
    assert_refused("TENANT_FILTER", &values(101));
}

#[test]
fn values_arrive_where_they_belong() {
    let config = inventory(&[
        ("OUTPUT_PREFIX", "a/b"),
        ("EXPECTED_BUCKET_OWNER", "000000000001"),
        ("KMS_KEY_ARN", "arn:aws:kms:eu-west-1:123456789012:key/1"),
        ("TENANT_FILTER", r#"{"status":["Active","Trial"],"kind":"AWS"}"#),
        ("MEMBER_ROLE_NAME", "path/Member"),
        ("MEMBER_ROLE_VIA", "management"),
        ("EXTERNAL_ID", "an-external-id"),
        ("ACCOUNTS_INCLUDE", "222222222222, 111111111111"),
        ("ACCOUNTS_EXCLUDE", "333333333333,333333333333"),
        ("CSV_FORMULA_GUARD", "all"),
        ("MAX_IN_FLIGHT", "7"),
        ("QUOTA_PERCENT", "50"),
        ("ACCOUNT_TIMEOUT_SECONDS", "60"),
        ("DEADLINE_RESERVE_SECONDS", "30"),
        ("REGION_DETECTION", "off"),
        ("REGIONS", "us-east-1,eu-west-1 , us-east-1"),
        ("REGION_GROUPS", r#"{"B":["us-east-1","eu-west-1","us-east-1"],"A":["sa-east-1"]}"#),
        ("REGION_CACHE_HOURS", "1.5"),
        ("RESOURCE_TYPES", "s3, ec2:instance,s3"),
        ("ENVIRONMENT_TAG_KEYS", "stage, Env,env"),
        ("AIDE_ID_TAG_KEYS", "id"),
        ("TAG_SOURCE", "organizations"),
        ("TAG_VERIFY_LIMIT", "0"),
    ])
    .unwrap();
    let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<BTreeSet<AccountId>>();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        config.output,
        Output {
            bucket: Some("reports".into()),
            prefix: "a/b/".into(),
            expected_bucket_owner: "000000000001".parse().ok(),
            kms_key_arn: Some("arn:aws:kms:eu-west-1:123456789012:key/1".into()),
        }
    );
    let filter = [("status".to_owned(), texts(&["Active", "Trial"])), ("kind".to_owned(), texts(&["AWS"]))];
    assert_eq!(config.tenants.unwrap().filter, TenantFilter(filter.into()));
    assert_eq!(config.member_role, MemberRole { name: "path/Member".into(), via: Via::Management });
    assert_eq!(config.external_id, Some(ExternalId("an-external-id".into())));
    assert_eq!(config.accounts.include, Some(ids(&["111111111111", "222222222222"])));
    assert_eq!(config.accounts.exclude, ids(&["333333333333"]));
    assert_eq!(config.formula_guard, FormulaGuard::All);
    assert_eq!((config.max_in_flight.get(), config.quota_percent.get()), (7, 50));
    assert_eq!(config.account_timeout, Duration::from_mins(1));
    assert_eq!(config.deadline_reserve, Duration::from_secs(30));
    let groups = [("A".to_owned(), texts(&["sa-east-1"])), ("B".to_owned(), texts(&["us-east-1", "eu-west-1"]))];
    assert_eq!(
        config.inventory,
        Inventory {
            region_detection: false,
            regions: Some(texts(&["eu-west-1", "us-east-1"])),
            region_groups: RegionGroups(groups.into()),
            region_cache: Duration::from_mins(90),
            resource_types: texts(&["s3", "ec2:instance"]),
            environment_tag_keys: texts(&["stage", "Env"]),
            aide_id_tag_keys: texts(&["id"]),
            tag_source: TagSource::Organizations,
            tag_verify_limit: 0,
        }
    );

    let config = audit(&[
        ("MAIL_SENDER", "Reports <a@b.example>"),
        ("MAIL_RECIPIENTS", "one@b.example, two@b.example,ONE@b.example,"),
        ("MAIL_WHEN", "changes"),
        ("SES_CONFIGURATION_SET", "set"),
        ("CIS_VERSION", "5.0.0"),
        ("UNUSED_DAYS", "10"),
        ("KEY_ROTATION_DAYS", "20"),
        ("ROOT_USE_DAYS", "30"),
        ("EXEMPTIONS", "exemptions.json"),
    ])
    .unwrap();
    assert_eq!(
        config.audit,
        Audit {
            mail: Some(Mail {
                sender: "Reports <a@b.example>".into(),
                recipients: texts(&["one@b.example", "two@b.example"]),
                when: MailWhen::Changes,
                configuration_set: Some("set".into()),
            }),
            cis_version: CisVersion::V5,
            unused_days: 10,
            key_rotation_days: 20,
            root_use_days: 30,
            exemptions: Some("exemptions.json".into()),
        }
    );
    for (text, version) in [("6.0.0", CisVersion::V6), ("7.0.0", CisVersion::V7)] {
        assert_eq!(audit(&[("CIS_VERSION", text)]).unwrap().audit.cis_version, version);
    }
    assert_eq!(audit(&[("OUTPUT_PREFIX", "a/")]).unwrap().output.prefix, "a/");
    assert_eq!(audit(&[("CSV_FORMULA_GUARD", "off")]).unwrap().formula_guard, FormulaGuard::Off);
    assert_eq!(inventory(&[("TAG_SOURCE", "tagging")]).unwrap().inventory.tag_source, TagSource::Tagging);
    let when = |when: &str| audit(&[("MAIL_SENDER", "a@b.c"), ("MAIL_RECIPIENTS", "a@b.c"), ("MAIL_WHEN", when)]);
    assert_eq!(when("findings").unwrap().audit.mail.unwrap().when, MailWhen::Findings);
}

#[test]
fn each_bad_item_of_a_list_is_named() {
    assert_eq!(
        inventory(&[("ACCOUNTS_INCLUDE", "1, 123456789012, two"), ("REGIONS", "moon,us-east-1,mars")]).unwrap_err(),
        [
            r#"ACCOUNTS_INCLUDE has "1" where an account id of 12 digits is expected"#,
            r#"ACCOUNTS_INCLUDE has "two" where an account id of 12 digits is expected"#,
            r#"REGIONS has "moon" where the name of an AWS region is expected"#,
            r#"REGIONS has "mars" where the name of an AWS region is expected"#,
        ]
    );
    assert_eq!(
        inventory(&[
            ("TENANT_FILTER", r#"{"a":[1,"x",""],"b":{}}"#),
            ("REGION_GROUPS", r#"{"A":["us-east-1","mars"],"B":["us-east-1"],"C":5}"#),
        ])
        .unwrap_err(),
        [
            r#"TENANT_FILTER has 1 for "a" where a string that is not empty is expected"#,
            r#"TENANT_FILTER has "" for "a" where a string that is not empty is expected"#,
            r#"TENANT_FILTER has an object for "b" where a string that is not empty is expected"#,
            r#"REGION_GROUPS has "mars" in "A" where the name of an AWS region is expected"#,
            r#"REGION_GROUPS has us-east-1 in "A" and in "B" where a region in one group only is expected"#,
            r#"REGION_GROUPS has 5 for "C" where a list of regions is expected"#,
        ]
    );
    let told = inventory(&[("TENANT_FILTER", "a=b")]).unwrap_err().remove(0);
    assert!(told.contains("at line 1 column 1"), "{told}");
}

#[test]
fn the_member_role_follows_from_the_job_and_the_table() {
    const ORGANIZATION: &str = "OrganizationAccountAccessRole";
    let table = ("DYNAMO_TABLE_NAME", "tenants");
    let cross = ("CROSS_ACCOUNT_ROLE_NAME", "OrgReader");
    let cases: &[(Job, Variables<'_>, &str, Via)] = &[
        (Job::AccountMetadata, &[], "OrgReader", Via::Caller),
        (Job::AccountMetadata, &[("MEMBER_ROLE_NAME", "Member")], "Member", Via::Caller),
        (Job::AccountMetadata, &[("MEMBER_ROLE_NAME", ORGANIZATION)], ORGANIZATION, Via::Management),
        (Job::AccountMetadata, &[("CROSS_ACCOUNT_ROLE_NAME", ORGANIZATION)], ORGANIZATION, Via::Management),
        (
            Job::AccountMetadata,
            &[("MEMBER_ROLE_NAME", ORGANIZATION), ("MEMBER_ROLE_VIA", "caller")],
            ORGANIZATION,
            Via::Caller,
        ),
        (Job::CredentialReport, &[], ORGANIZATION, Via::Caller),
        (Job::CredentialReport, &[cross], ORGANIZATION, Via::Caller),
        (Job::CredentialReport, &[table, cross], ORGANIZATION, Via::Management),
        (Job::CredentialReport, &[table, cross, ("MEMBER_ROLE_NAME", "Member")], "Member", Via::Caller),
        (Job::CredentialReport, &[table, cross, ("MEMBER_ROLE_VIA", "caller")], ORGANIZATION, Via::Caller),
        (Job::CredentialReport, &[("MEMBER_ROLE_VIA", "management")], ORGANIZATION, Via::Management),
    ];
    for (job, variables, name, via) in cases {
        let expected = MemberRole { name: (*name).to_owned(), via: *via };
        assert_eq!(read(*job, variables).unwrap().member_role, expected, "{job:?} {variables:?}");
    }
}

#[test]
fn mail_needs_a_sender_and_recipients() {
    let pair = |sender: &str, recipients: &str| audit(&[("MAIL_SENDER", sender), ("MAIL_RECIPIENTS", recipients)]);
    let one = "a@b.example";
    assert_eq!(pair("", "").unwrap().audit.mail, None);
    assert_eq!(
        pair(one, "").unwrap_err(),
        ["MAIL_RECIPIENTS is not set where a list of mail addresses, since MAIL_SENDER is set, is expected"]
    );
    assert_eq!(
        pair("", one).unwrap_err(),
        ["MAIL_SENDER is not set where a mail address, since MAIL_RECIPIENTS is set, is expected"]
    );
    for sender in [one, "Reports <a@b.example>", "\"Reports, all\" <a@b.example>", "<a@b.example>", "a+b@c"] {
        assert!(pair(sender, one).is_ok(), "{sender}");
    }
    let too_long = format!("{}@b.example", "a".repeat(320));
    for bad in [
        "a",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@b c",
        "a@b\r\nBcc: c@d",
        "ä@b",
        "a@b>",
        "Name a@b",
        "<>",
        "A <a>",
        "A\n<a@b>",
        "A <a@b> <a@b>",
        "A <a@b>x",
        "Ä <a@b>",
        "a@b,c@d",
        "a;b@c",
        &too_long,
    ] {
        assert_eq!(pair(bad, one).expect_err(bad).len(), 1, "{bad}");
    }
    let told = pair(one, "a@b, c, d@e, Name <f@g>").unwrap_err();
    assert_eq!(
        told,
        [2, 4].map(|position| format!(
            "MAIL_RECIPIENTS has a value that is not shown at position {position} where a mail address in ASCII is \
             expected"
        ))
    );
    assert_eq!(pair(one, " , ").unwrap_err().len(), 1);
}

#[test]
fn what_the_job_does_not_use_cannot_break_it() {
    for job in [Job::AccountMetadata, Job::CredentialReport] {
        let others: Vec<(&str, &str)> =
            SETTINGS.iter().filter(|one| !one.jobs.contains(&job)).map(|one| (one.variable, "\n")).collect();
        assert!(others.len() >= 9);
        assert_eq!(read(job, &others), read(job, &[]), "{job:?}");
    }
    let without_table: Variables<'_> = &[("TENANT_FILTER", "{"), ("CROSS_ACCOUNT_ROLE_NAME", "a b")];
    assert_eq!(audit(without_table), audit(&[]), "both are for a tenants table only");
    let only_ours = |name: &str| {
        assert!(SETTINGS.iter().any(|one| one.variable == name && one.jobs.contains(&Job::AccountMetadata)), "{name}");
        None
    };
    assert!(Config::from_lookup(Job::AccountMetadata, Place::Lambda, &only_ours).is_err());
}

#[test]
fn the_table_names_each_setting_once_and_says_what_it_means() {
    let names: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.variable).collect();
    assert_eq!(names.len(), SETTINGS.len());
    for setting in SETTINGS {
        assert!(setting.meaning.ends_with('.') && setting.meaning.len() > 20, "{}", setting.variable);
        assert!(!setting.jobs.is_empty() && !setting.default.text().is_empty(), "{}", setting.variable);
    }
}
