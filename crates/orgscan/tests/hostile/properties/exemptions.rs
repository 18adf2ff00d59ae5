//! What holds of any list of exemptions.

use jiff::civil::date;
use orgscan::config::CisVersion;
use orgscan::exemption::{Exemptions, Standing};
use orgscan::finding::{Finding, Status};
use orgscan::rule::{Credential, Rule};

pub(crate) fn holds(content: &[u8]) {
    let today = date(2026, 11, 21);
    let mut exemptions = Exemptions::parse(content);
    let explained = exemptions.explain(today);
    assert_eq!(explained.problem.is_none(), exemptions.is_usable());
    let (mut exempted, mut all) = (0, 0);
    for account in ["000000000012", "123456789012"] {
        for user in ["alice", "ci-1", "<root_account>", "a*?", ""] {
            for rule in Rule::ALL {
                let finding = finding(account, user, rule);
                let is_exempted = exemptions.exempt(&finding, today);
                assert_eq!(exemptions.exempt(&finding, today), is_exempted, "the second time it is otherwise");
                exempted += u32::from(is_exempted);
                all += 1;
            }
        }
    }
    let in_force = explained.entries.iter().filter(|entry| entry.standing == Standing::InForce).count();
    if in_force == 0 || !exemptions.is_usable() {
        assert_eq!(exempted, 0, "what is malformed or expired exempts nothing");
    }
    let review = exemptions.review(today);
    assert!(review.used <= in_force as u64);
    assert_eq!(review.used > 0, exempted > 0, "{exempted} of {all} were exempted");
    // Each entry is used or a problem, and nothing is neither.
    let listed = explained.entries.len() as u64;
    assert_eq!(review.used + review.problems.len() as u64, listed + u64::from(!exemptions.is_usable()));
    let texts = explained.entries.iter().map(|entry| &entry.text);
    for text in review.problems.iter().chain(texts).chain(explained.problem.iter()) {
        assert!(!text.is_empty() && !text.contains(['\n', '\r']), "{text:?}");
    }
    // Held against a part, the same findings are exempted.
    let mut part = exemptions.for_a_part();
    assert_eq!(part.exempt(&finding("000000000012", "alice", Rule::ConsoleMfa), today), {
        exemptions.exempt(&finding("000000000012", "alice", Rule::ConsoleMfa), today)
    });
}

fn finding(account: &'static str, user: &'static str, rule: Rule) -> Finding<'static> {
    Finding {
        account_id: account.into(),
        account_name: "Sandbox".into(),
        ou_path: "o-a/r-b/".into(),
        user: user.into(),
        user_arn: format!("arn:aws:iam::{account}:user/{user}").into(),
        rule: rule.id().into(),
        credential: Credential::Password,
        severity: rule.severity(),
        cis: rule.control(CisVersion::V7).map(Into::into),
        status: Status::New,
        since: "2026-11-01".into(),
        age_days: None,
        detail: "something is wrong".into(),
        covered: true,
    }
}
