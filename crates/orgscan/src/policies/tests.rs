//! What each role needs, by the settings that decide it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::Place as RunsAt;
use crate::testing::account_id;

type Variables<'a> = &'a [(&'a str, &'a str)];

const TENANTS: Variables<'_> = &[("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "OrgReader")];

fn config(job: Job, groups: &[Variables<'_>]) -> Config {
    let variables: BTreeMap<&str, &str> = groups.iter().flat_map(|group| group.iter().copied()).collect();
    Config::from_lookup(job, RunsAt::Terminal, &|name: &str| variables.get(name).map(|text| (*text).to_owned()))
        .unwrap()
}

fn place(partition: &str) -> Place {
    Place { partition: Partition::new(partition), region: "eu-west-1".to_owned(), account: account_id(12) }
}

fn caller(job: Job, groups: &[Variables<'_>]) -> Policy {
    of_caller(job, &config(job, groups), &place("aws"))
}

fn sids(policy: &Policy) -> Vec<&str> {
    policy.statements.iter().map(|statement| statement.sid).collect()
}

#[test]
fn the_least_is_reading_the_own_organization_and_assuming_its_member_roles() {
    let policy = caller(Job::CredentialReport, &[]);
    assert_eq!(sids(&policy), ["ReadOwnOrganization", "FetchOwnReport", "AssumeMemberRoles"]);
    let assume = policy.statement_for("sts:AssumeRole").unwrap();
    assert_eq!(
        assume.to_json(),
        json!({"Sid": "AssumeMemberRoles", "Effect": "Allow", "Action": ["sts:AssumeRole"],
            "Resource": ["arn:aws:iam::*:role/OrganizationAccountAccessRole"],
            "Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}})
    );
    assert_eq!(policy.statement_for("s3:PutObject"), None);
}

#[test]
fn every_setting_that_needs_something_adds_its_statement() {
    let cases: [(Variables<'_>, &[&str]); 5] = [
        (
            &[("OUTPUT_BUCKET", "reports")],
            &["WriteReports", "KeepMalformedReports", "TellMissingFromDenied", "FindOpenUploads"],
        ),
        (&[("MAIL_SENDER", "Reports <a@b.example>"), ("MAIL_RECIPIENTS", "c@d.example")], &["SendDigest"]),
        (
            &[("MAIL_SENDER", "a@b.example"), ("MAIL_RECIPIENTS", "c@d.example"), ("SES_CONFIGURATION_SET", "digests")],
            &["SendDigest", "SendWithConfigurationSet"],
        ),
        (&[("EXEMPTIONS", "s3://lists/exemptions.json")], &["ReadExemptions"]),
        (TENANTS, &["ReadTenants", "AssumeManagementRoles"]),
    ];
    let least: BTreeSet<String> = sids(&caller(Job::CredentialReport, &[])).into_iter().map(str::to_owned).collect();
    for (variables, added) in cases {
        let policy = caller(Job::CredentialReport, &[variables]);
        let more: BTreeSet<&str> = sids(&policy).into_iter().filter(|sid| !least.contains(*sid)).collect();
        // With a tenants table, roles of the own Organization may still be assumed in its management account only.
        let more: BTreeSet<&str> = more.into_iter().filter(|sid| *sid != "AssumeOwnMemberRoles").collect();
        assert_eq!(more, added.iter().copied().collect(), "{variables:?}");
    }
    let key = "arn:aws:kms:eu-west-1:000000000012:key/k";
    let encrypted = caller(Job::AccountMetadata, &[TENANTS, &[("OUTPUT_BUCKET", "reports"), ("KMS_KEY_ARN", key)]]);
    assert_eq!(encrypted.statement_for("kms:GenerateDataKey").unwrap().resources, [key]);
    let alias = "arn:aws:kms:eu-west-1:000000000012:alias/audit/reports";
    let encrypted = caller(Job::AccountMetadata, &[TENANTS, &[("OUTPUT_BUCKET", "reports"), ("KMS_KEY_ARN", alias)]]);
    let statement = encrypted.statement_for("kms:GenerateDataKey").unwrap().to_json();
    assert_eq!(statement["Resource"], json!(["arn:aws:kms:eu-west-1:000000000012:key/*"]));
    let aliases = json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/audit/reports"}});
    assert_eq!(statement["Condition"], aliases);
    let both = caller(
        Job::CredentialReport,
        &[
            &[("OUTPUT_BUCKET", "reports"), ("OUTPUT_PREFIX", "audit")],
            &[("MAIL_SENDER", "Reports <a@b.example>"), ("MAIL_RECIPIENTS", "c@d.example")],
        ],
    );
    assert_eq!(
        both.statement_for("s3:DeleteObject").unwrap().resources,
        ["arn:aws:s3:::reports/audit/aws-*-credential-report-*-mail.json"]
    );
    assert_eq!(
        both.statement_for("ses:SendEmail").unwrap().to_json()["Condition"],
        json!({"StringEquals": {"ses:FromAddress": "a@b.example"}})
    );
}

#[test]
fn mail_goes_by_whichever_identity_of_the_sender_ses_knows() {
    let policy =
        caller(Job::CredentialReport, &[&[("MAIL_SENDER", "a@mail.eu.b.example"), ("MAIL_RECIPIENTS", "c@d.example")]]);
    let identities = ["a@mail.eu.b.example", "mail.eu.b.example", "eu.b.example", "b.example"];
    let expected = identities.map(|identity| format!("arn:aws:ses:eu-west-1:000000000012:identity/{identity}"));
    assert_eq!(policy.statement_for("ses:SendEmail").unwrap().resources, expected);
}

#[test]
fn whose_session_assumes_member_roles_decides_who_may() {
    let via = |via| caller(Job::AccountMetadata, &[TENANTS, &[("MEMBER_ROLE_VIA", via)]]);
    assert!(sids(&via("caller")).contains(&"AssumeMemberRoles"));
    assert!(sids(&via("management")).contains(&"AssumeOwnMemberRoles"));
    let management = |via| {
        let config = config(Job::AccountMetadata, &[TENANTS, &[("MEMBER_ROLE_VIA", via)]]);
        of_management_role(Job::AccountMetadata, &config, &Partition::new("aws"))
    };
    assert_eq!(sids(&management("caller")), ["ListOrganization", "ReadAccountTags", "FindRegions"]);
    assert!(management("management").statement_for("sts:AssumeRole").unwrap().condition.is_some());
    let without = caller(Job::AccountMetadata, &[TENANTS, &[("REGION_DETECTION", "off")]]);
    assert!(!sids(&without).contains(&"AssumeMemberRoles"), "no member account is entered");
}

#[test]
fn a_role_may_do_all_that_its_sessions_may() {
    let cases = [
        (Job::AccountMetadata, SessionPolicy::inventory_of_organization(), SessionPolicy::regions_of_account()),
        (Job::CredentialReport, SessionPolicy::reports_of_organization(), SessionPolicy::report_of_account()),
    ];
    for (job, management, member) in cases {
        let allowed = |policy: &Policy| -> BTreeSet<&'static str> {
            policy.statements.iter().flat_map(|statement| statement.actions.iter().copied()).collect()
        };
        let config = config(job, &[TENANTS, &[("MEMBER_ROLE_VIA", "caller")]]);
        let role = of_management_role(job, &config, &Partition::new("aws"));
        assert_eq!(allowed(&role), management.actions().iter().copied().collect());
        assert_eq!(allowed(&of_member_role(job)), member.actions().iter().copied().collect());
    }
}

#[test]
fn every_arn_is_of_the_callers_partition() {
    for partition in ["aws", "aws-us-gov", "aws-cn", "aws-eusc"] {
        let settings: Variables<'_> = &[
            ("OUTPUT_BUCKET", "reports"),
            ("MAIL_SENDER", "a@b.example"),
            ("MAIL_RECIPIENTS", "c@d.example"),
            ("EXEMPTIONS", "s3://lists/exemptions.json"),
        ];
        for job in [Job::AccountMetadata, Job::CredentialReport] {
            let policy = of_caller(job, &config(job, &[TENANTS, settings]), &place(partition));
            for resource in policy.statements.iter().flat_map(|statement| &statement.resources) {
                assert!(resource == "*" || resource.starts_with(&format!("arn:{partition}:")), "{resource}");
            }
        }
    }
}

#[test]
fn a_trust_policy_names_exactly_its_callers_and_asks_for_the_external_id() {
    let callers = ["arn:aws-cn:iam::000000000012:role/a".to_owned(), "arn:aws-cn:iam::000000000012:role/b".to_owned()];
    assert_eq!(
        trust(&callers, Some("x")),
        json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "ExactCallers", "Effect": "Allow", "Principal": {"AWS": ["arn:aws-cn:iam::000000000012:root"]},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": callers}, "StringEquals": {"sts:ExternalId": "x"}}}]})
    );
    assert!(trust(&callers, None)["Statement"][0]["Condition"].get("StringEquals").is_none());
}

#[test]
fn a_session_is_trusted_as_its_role_and_a_user_as_itself() {
    let cases = [
        ("arn:aws:sts::000000000012:assumed-role/Audit/me@b.example", "arn:aws:iam::000000000012:role/Audit"),
        (
            "arn:aws-us-gov:sts::000000000012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/me",
            "arn:aws-us-gov:iam::000000000012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_0123456789abcdef",
        ),
        ("arn:aws:iam::000000000012:user/path/me", "arn:aws:iam::000000000012:user/path/me"),
        ("arn:aws:iam::000000000012:root", "arn:aws:iam::000000000012:root"),
        ("no ARN", "no ARN"),
    ];
    for (caller, expected) in cases {
        assert_eq!(principal(caller), expected);
    }
}
