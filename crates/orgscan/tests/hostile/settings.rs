//! Settings that were copied wrongly, or by somebody who means harm.

use orgscan::config::{Config, Job, Place, SETTINGS};
use orgscan::error::RunError;
use proptest::prelude::*;
use proptest::sample::select;

use super::events::json_value;
use super::properties::settings::holds;
use super::{inputs, text};

/// What some of the settings take, and what looks like it.
const VALUES: &[&str] = &[
    "audit-bucket",
    "reports/",
    "../x",
    "000000000012",
    "1",
    "0",
    "900",
    "4294967296",
    "-1",
    "1e3",
    "NaN",
    "inf",
    "on",
    "off",
    "all",
    "mail",
    "auto",
    "caller",
    "management",
    "5.0.0",
    "Role/Name",
    "arn:aws:kms:eu-west-1:000000000012:key/a",
    "eu-west-1,us-east-1",
    "a@example.com",
    "A <a@example.com>",
    "a@example.com\r\nBcc: b@example.com",
    "{}",
    "{\"a\":[]}",
    "{\"EU\":[\"eu-west-1\"]}",
    "{\"a\":\"b\",\"a\":\"c\"}",
    ",,,",
    "s3://bucket/key",
    "always",
    "changes",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(VALUES).prop_map(str::to_owned),
        2 => text(),
        1 => json_value().prop_map(|value| value.to_string()),
    ]
}

proptest! {
    #![proptest_config(inputs(600))]

    #[test]
    fn any_settings_are_read_or_every_problem_names_its_variable(
        settings in proptest::collection::vec((0..SETTINGS.len(), value()), 0..12),
    ) {
        let lines: Vec<String> =
            settings.into_iter().map(|(at, value)| format!("{}={value}", SETTINGS[at].variable)).collect();
        holds(lines.join("\n").as_bytes());
    }

    #[test]
    fn one_wrong_setting_is_named_and_no_other(at in 0..SETTINGS.len(), value in value()) {
        let setting = &SETTINGS[at];
        let lookup = |name: &str| match name {
            "MAIL_SENDER" | "MAIL_RECIPIENTS" if setting.variable.starts_with("MAIL_") && name != setting.variable => {
                Some("a@example.com".to_owned())
            }
            "DYNAMO_TABLE_NAME" | "CROSS_ACCOUNT_ROLE_NAME" if name != setting.variable => Some("Tenants".to_owned()),
            "OUTPUT_BUCKET" if name != setting.variable => Some("audit-bucket".to_owned()),
            _ => (name == setting.variable).then(|| value.clone()),
        };
        for job in [Job::AccountMetadata, Job::CredentialReport] {
            match Config::from_lookup(job, Place::Lambda, &lookup) {
                Err(RunError::Settings { problems }) => {
                    prop_assert!(problems.iter().all(|problem| problem.contains(setting.variable)), "{problems:?}");
                }
                other => prop_assert!(other.is_ok()),
            }
        }
    }
}
