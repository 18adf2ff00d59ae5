use super::*;
use crate::policies;

const ROLE: &str = "arn:aws:iam::000000000009:role/Audit";

fn asker(external_id: Option<&str>) -> Asker<'_> {
    Asker { principal: ROLE, may_have_path: false, account: "000000000009", external_id, organization: None }
}

fn allows(principal: &Value, condition: &Value) -> Value {
    json!({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}})
}

#[test]
fn what_is_made_to_trust_a_caller_trusts_it() {
    let callers = [ROLE.to_owned()];
    assert_eq!(verdict(&policies::trust(&callers, None), &asker(None)), Verdict::Trusted);
    let with_id = policies::trust(&callers, Some("ours"));
    assert_eq!(verdict(&with_id, &asker(Some("ours"))), Verdict::Trusted);
    assert_eq!(verdict(&with_id, &asker(None)), Verdict::ExternalId(vec!["ours".into()]));
    assert_eq!(verdict(&with_id, &asker(Some("theirs"))), Verdict::ExternalId(vec!["ours".into()]));
    let another = Asker { principal: "arn:aws:iam::000000000009:role/Other", ..asker(None) };
    assert_eq!(verdict(&with_id, &another), Verdict::NotNamed);
}

#[test]
fn a_principal_is_named_in_many_ways() {
    let none = json!({});
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": "000000000009"}),
        json!({"AWS": "arn:aws:iam::000000000009:root"}),
        json!({"AWS": ["arn:aws:iam::000000000001:root", ROLE]}),
    ] {
        assert_eq!(verdict(&allows(&principal, &none), &asker(None)), Verdict::Trusted, "{principal}");
    }
    for principal in [
        json!({"AWS": "arn:aws:iam::000000000001:root"}),
        json!({"AWS": "arn:aws:iam::000000000009:user/Audit"}),
        json!({"AWS": "arn:aws:iam::000000000009:role/with/a/path/Audit"}),
        json!({"AWS": "arn:aws:iam::000000000009:role/Audi*"}),
        json!({"AWS": "arn:aws:sts::000000000009:assumed-role/Other/session"}),
        json!({"AWS": "AROAEXAMPLEDELETED"}),
        json!({"Service": "lambda.amazonaws.com"}),
    ] {
        assert_eq!(verdict(&allows(&principal, &none), &asker(None)), Verdict::NotNamed, "{principal}");
    }
}

#[test]
fn a_session_of_the_role_is_let_in_alone_and_its_arn_has_no_path() {
    let session = json!({"AWS": "arn:aws:sts::000000000009:assumed-role/Audit/session"});
    let only_session = Verdict::Condition(SESSION_NAME.into());
    let pathed = Asker { principal: "arn:aws:iam::000000000009:role/team/Audit", ..asker(None) };
    for asker in [asker(None), pathed] {
        assert_eq!(verdict(&allows(&session, &json!({})), &asker), only_session);
    }
    let with_id = allows(&session, &json!({"StringEquals": {"sts:ExternalId": "ours"}}));
    assert_eq!(verdict(&with_id, &asker(None)), Verdict::ExternalId(vec!["ours".into()]));
}

#[test]
fn a_condition_on_the_principal_holds_for_the_roles_own_arn_only() {
    let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
    let of = |principal, may_have_path| Asker { principal, may_have_path, ..asker(None) };
    let pathed = "arn:aws:iam::000000000009:role/team/Audit";
    let reserved = "arn:aws:iam::000000000009:role/aws-reserved/sso.amazonaws.com/";
    let sso = |rest: &str| format!("{reserved}{rest}");
    let (known, unknown) = (sso("eu-west-1/AWSReservedSSO_Audit_0f"), sso("*AWSReservedSSO_Audit_0f"));
    let bare = "arn:aws:iam::000000000009:role/AWSReservedSSO_Audit_0f";
    let session = "arn:aws:sts::000000000009:assumed-role/Audit/session";
    for (asker, operator, wanted, expected) in [
        (of(ROLE, false), "ArnEquals", ROLE, true),
        (of(pathed, false), "ArnEquals", ROLE, false),
        (of(pathed, false), "ArnEquals", pathed, true),
        (of(pathed, false), "ArnLike", "arn:aws:iam::000000000009:role/*/Audit", true),
        (of(ROLE, false), "ArnEquals", pathed, false),
        (of(ROLE, true), "ArnEquals", pathed, true),
        (of(ROLE, true), "StringEquals", pathed, true),
        (of(ROLE, true), "ArnEquals", ROLE, true),
        (of(ROLE, true), "ArnEquals", "arn:aws:iam::000000000009:role/team/Other", false),
        (of(ROLE, false), "ArnEquals", session, false),
        (of(ROLE, false), "ArnLike", "arn:aws:sts::000000000009:assumed-role/Audit/*", false),
        (of(ROLE, true), "StringEquals", session, false),
        (of(ROLE, false), "StringEquals", "arn:aws:iam::000000000009:role/*", false),
        (of(ROLE, false), "StringLike", "arn:aws:iam::000000000009:role/*", true),
        (of(ROLE, false), "ArnEquals", "000000000009", false),
        (of(&known, false), "ArnEquals", bare, false),
        (of(&unknown, false), "ArnEquals", bare, false),
        (of(&unknown, false), "ArnEquals", &known, true),
        (of(&unknown, false), "ArnLike", &sso("*/AWSReservedSSO_Audit_*"), true),
        (of(&unknown, false), "ArnLike", &sso("eu-west-1/AWSReservedSSO_Other_*"), false),
        (of(&unknown, false), "StringEquals", &sso("*/AWSReservedSSO_Audit_0f"), false),
        (of(&unknown, false), "ArnEquals", &sso("AWSReservedSSO_Audit_0f"), true),
    ] {
        let judged = verdict(&allows(&whole, &json!({operator: {"aws:PrincipalArn": wanted}})), &asker);
        let expected = if expected { Verdict::Trusted } else { Verdict::NotNamed };
        assert_eq!(judged, expected, "{} {operator} {wanted}", asker.principal);
    }
}

#[test]
fn a_star_is_one_only_for_an_operator_that_takes_it() {
    let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
    let with_id = |operator: &str| allows(&whole, &json!({operator: {"sts:ExternalId": "our*"}}));
    assert_eq!(verdict(&with_id("StringLike"), &asker(Some("ours"))), Verdict::Trusted);
    assert_eq!(verdict(&with_id("StringEquals"), &asker(Some("ours"))), Verdict::ExternalId(vec!["our*".into()]));
    let of_any = allows(&whole, &json!({"StringEquals": {"aws:PrincipalOrgID": "o-*"}}));
    let own = Asker { organization: Some("o-own"), ..asker(None) };
    assert_eq!(verdict(&of_any, &own), Verdict::OtherOrganization(vec!["o-*".into()]));
}

#[test]
fn what_is_added_asks_for_no_other_organization_than_the_askers_where_that_is_known() {
    let statement = |organization: &str| {
        json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000001:root"}, "Action": "sts:AssumeRole",
               "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}})
    };
    let of = |organization| Asker { organization, ..asker(None) };
    let theirs = json!({"Statement": [statement("o-theirs")]});
    assert_eq!(foreign_border(&theirs, &of(Some("o-own"))), Some(vec!["o-theirs".into()]));
    assert_eq!(foreign_border(&theirs, &of(Some("o-theirs"))), None);
    assert_eq!(foreign_border(&theirs, &of(None)), None);
    let both = json!({"Statement": [statement("o-theirs"), statement("o-own")]});
    assert_eq!(foreign_border(&both, &of(Some("o-own"))), None);
    assert_eq!(
        Value::Object(kept_conditions(&both, &of(Some("o-own")))),
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}})
    );
}

#[test]
fn a_condition_that_is_not_understood_is_named_and_a_deny_counts() {
    let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
    let other = allows(&whole, &json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    assert_eq!(verdict(&other, &asker(None)), Verdict::Condition("aws:MultiFactorAuthPresent".into()));
    let perhaps = json!({"Statement": [
        {"Effect": "Allow", "Principal": whole, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": "*", "Action": "sts:*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}]});
    assert_eq!(verdict(&perhaps, &asker(None)), Verdict::Condition("aws:SourceIp".into()));
    let denied = json!({"Statement": [
        {"Effect": "Allow", "Principal": whole, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}]});
    assert_eq!(verdict(&denied, &asker(None)), Verdict::Denied);
    assert_eq!(verdict(&json!({}), &asker(None)), Verdict::NotNamed);
}

#[test]
fn the_organization_of_a_condition_is_compared_where_that_of_the_asker_is_known() {
    let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
    let own = allows(&whole, &json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}}));
    let of = |organization| Asker { organization, ..asker(None) };
    assert_eq!(verdict(&own, &of(Some("o-own"))), Verdict::Trusted);
    assert_eq!(verdict(&own, &of(Some("o-other"))), Verdict::OtherOrganization(vec!["o-own".into()]));
    assert_eq!(verdict(&own, &of(None)), Verdict::Condition("aws:PrincipalOrgID".into()));
    let fenced = json!({"Statement": [
        {"Effect": "Allow", "Principal": whole, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
         "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ["o-own"]}}}]});
    assert_eq!(verdict(&fenced, &of(Some("o-own"))), Verdict::Trusted);
    assert_eq!(verdict(&fenced, &of(Some("o-other"))), Verdict::Denied);
}

#[test]
fn what_is_added_asks_for_what_the_nearest_statement_asks_for() {
    let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
    let condition = json!({
        "StringEquals": {"sts:ExternalId": "theirs", "aws:PrincipalOrgID": "o-own"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "ArnEquals": {"aws:PrincipalArn": ROLE}});
    let kept = kept_conditions(&allows(&whole, &condition), &asker(Some("ours")));
    assert_eq!(
        Value::Object(kept),
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}})
    );
    let others = json!({"AWS": "arn:aws:iam::000000000001:root"});
    let kept = kept_conditions(&allows(&others, &condition), &asker(None));
    assert_eq!(Value::Object(kept), json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}}));
    assert!(kept_conditions(&allows(&others, &json!({})), &asker(None)).is_empty());
}

#[test]
fn a_statement_more_takes_nothing_away_and_has_a_name_of_its_own() {
    let before = policies::trust(&["arn:aws:iam::000000000001:role/First".to_owned()], Some("first"));
    let added = with_statement_of(&before, &policies::trust(&[ROLE.to_owned()], None));
    assert_eq!(added["Statement"][0], before["Statement"][0]);
    assert_eq!(added["Statement"][1]["Sid"], "ExactCallers2");
    assert_eq!(verdict(&added, &asker(None)), Verdict::Trusted);
}
