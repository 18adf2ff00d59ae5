//! The linters of `make lint-template` find what they are there for: each is given templates with a mistake in them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use orgscan_tests::process::{Finished, Process};
use orgscan_tests::tools;
use tempfile::TempDir;

/// With the linters' environments to install.
const LIMIT: Duration = Duration::from_mins(15);

/// A mistake: the file, what stands there, and what is to stand there.
type Mistake = (&'static str, &'static str, &'static str);

/// Lints a copy of the templates in which each of the texts is replaced wherever it stands.
fn lint(linter: &str, mistakes: &[Mistake]) -> Finished {
    let copy = TempDir::new().unwrap();
    let stacks = copy.path().join("stacks");
    fs::create_dir(&stacks).unwrap();
    fs::copy(tools::workspace().join("template.yaml"), copy.path().join("template.yaml")).unwrap();
    for file in fs::read_dir(tools::workspace().join("stacks")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), stacks.join(file.file_name())).unwrap();
    }
    for (file, before, after) in mistakes {
        put(&copy.path().join(file), before, after);
    }
    let mut command = Command::new("bash");
    command.arg(tools::workspace().join("tools/lint-template.sh")).arg(copy.path()).arg(linter);
    Process::run("tools/lint-template.sh", &mut command, LIMIT)
}

fn put(file: &Path, before: &str, after: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(before), "{} has no {before}, so the mistake cannot be made", file.display());
    fs::write(file, text.replace(before, after)).unwrap();
}

/// The linter finds every mistake, and says so with these words.
fn expect_found(linter: &str, mistakes: &[Mistake], words: &[&str]) {
    let finished = lint(linter, mistakes);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    for word in words {
        assert!(finished.stderr.contains(word), "{linter} does not say {word:?}:\n{}", finished.stderr);
    }
}

#[test]
fn sam_validate_finds_a_property_that_no_function_has() {
    expect_found("sam", &[("template.yaml", "EphemeralStorage:", "EphemeralDisk:")], &["EphemeralDisk"]);
}

#[test]
fn cfn_lint_finds_unknown_properties_and_says_even_what_only_informs() {
    expect_found(
        "cfn-lint",
        &[
            ("stacks/member-role.yaml", "MaxSessionDuration:", "MaxSessionLength:"),
            ("template.yaml", "UpdateReplacePolicy: Retain", "# no such policy"),
        ],
        &["MaxSessionLength", "I3011"],
    );
}

#[test]
fn cfn_lint_finds_states_that_do_not_exist_and_substitutions_that_nobody_gives() {
    expect_found(
        "state-machines",
        &[
            ("stacks/fan-out.asl.json", r#""Type": "Fail""#, r#""Type": "Failure""#),
            ("stacks/fan-out.asl.json", "${FunctionArn}", "${FunctionName}"),
            ("stacks/fan-out.asl.json", "States.DataLimitExceeded", "States.ALL"),
        ],
        &[
            "'Failure' is not one of",
            "fan-out.asl.json needs the substitution FunctionName",
            "States.ALL has to stand alone and last",
        ],
    );
}

#[test]
fn checkov_finds_a_bucket_that_can_be_made_public_and_a_suppression_without_a_reason() {
    expect_found(
        "checkov",
        &[
            ("template.yaml", "RestrictPublicBuckets: true", "RestrictPublicBuckets: false"),
            ("template.yaml", "comment: It calls public", "remark: It calls public"),
        ],
        &["ReportBucket: CKV_AWS_56", "CKV_AWS_117 is suppressed without a comment"],
    );
}

#[test]
fn the_policy_linters_find_actions_resources_conditions_and_principals_that_do_not_exist() {
    expect_found(
        "policies",
        &[
            // An action that IAM does not know.
            ("template.yaml", "account:ListRegions", "account:GetRegions"),
            ("template.yaml", "ses:FromAddress", "ses:SenderAddress"),
            ("stacks/management-role.yaml", ":account/o-*", ":accounts/o-*"),
            ("stacks/member-role.yaml", "sts:ExternalId:", "sts:ExternalID2:"),
            ("stacks/member-role.yaml", ":iam::${Account}:root", ":iam::${Account}0:root"),
        ],
        &[
            "UNKNOWN_ACTION Unknown action account:GetRegions",
            "account:GetRegions: there is no such action",
            "ses:SendEmail is never asked with the condition key ses:SenderAddress",
            "ReadAccountTags: organizations:ListTagsForResource is never asked with a resource like arn:",
            "member-role.yaml MemberRole (trust): ExactCallers: sts:AssumeRole is never asked with the condition key",
            "UNKNOWN_PRINCIPAL arn:aws:iam::1234567890120:root",
        ],
    );
}
