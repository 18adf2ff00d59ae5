//! Whether a digest is mailed.

use crate::assessment::Assessment;
use crate::config::MailWhen;
use crate::summary::AccountSums;

/// Whether `MAIL_WHEN` wants the digest of this run.
///
/// | what the run has | `always` | `findings` | `changes` |
/// | --- | --- | --- | --- |
/// | findings to act on, new ones among them | yes | yes | yes |
/// | findings to act on that were all there before | yes | yes | no |
/// | findings to act on that were exempted in the run before | yes | yes | yes |
/// | findings to act on, and which of them changed is not known | yes | yes | yes |
/// | nothing to act on, and what changed is not known | yes | no | yes |
/// | resolved findings and no others | yes | no | yes |
/// | accounts that could not be read, or judged only in part, or none that was read | yes | yes | yes |
/// | exemptions that are malformed, expired or match nothing | yes | yes | yes |
/// | none of these, or only exempted findings | yes | no | no |
///
/// Silence says "nothing to do" to those who get no mail, so it must not come from what was not looked at: a gap in the
/// coverage mails every time, since nobody can tell whether it is the one of last time. Nor must it come from what could
/// not be compared: findings may have gone, and those who wait for changes would not learn that none can be told. A
/// finding that was exempted is not new, and that somebody has to act on it is a change all the same.
pub fn is_wanted(when: MailWhen, assessment: &Assessment, accounts: AccountSums) -> bool {
    let has_gap = accounts.failed > 0 || accounts.reported == 0 || assessment.accounts_judged_in_part > 0;
    let has_problem = assessment.exemptions.as_ref().is_some_and(|review| !review.problems.is_empty());
    match when {
        MailWhen::Always => true,
        MailWhen::Findings => has_gap || has_problem || assessment.has_findings(),
        MailWhen::Changes => has_gap || has_problem || assessment.has_changed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::Change;
    use crate::digest::tests::assessment;
    use crate::exemption::ExemptionReview;
    use crate::finding::Status;
    use crate::rule::Rule;

    const ALL_READ: AccountSums = AccountSums { listed: 4, reported: 3, skipped: 1, failed: 0 };

    /// What `always`, `findings` and `changes` say.
    fn wanted(assessment: &Assessment, accounts: AccountSums) -> [bool; 3] {
        [MailWhen::Always, MailWhen::Findings, MailWhen::Changes].map(|when| is_wanted(when, assessment, accounts))
    }

    fn with(change: &Change, statuses: &[Status]) -> Assessment {
        let mut assessment = assessment(change.clone());
        for status in statuses {
            assessment.counts.add(Rule::UnusedKey, *status);
        }
        assessment
    }

    #[test]
    fn a_digest_is_mailed_when_its_reader_wants_it() {
        use Status::{Exempted, New, Open, Resolved};
        let since = Change::Since(None);
        let unknown = Change::Unknown("it is damaged".to_owned());
        for (change, statuses, expected) in [
            (&since, &[][..], [true, false, false]),
            (&since, &[New], [true, true, true]),
            (&since, &[Open], [true, true, false]),
            (&since, &[Open, New], [true, true, true]),
            (&since, &[Resolved], [true, false, true]),
            (&since, &[Open, Resolved], [true, true, true]),
            (&since, &[Exempted], [true, false, false]),
            (&unknown, &[], [true, false, true]),
            (&unknown, &[Open], [true, true, true]),
            (&unknown, &[Exempted], [true, false, true]),
            (&Change::First, &[], [true, false, false]),
            (&Change::First, &[New], [true, true, true]),
        ] {
            assert_eq!(wanted(&with(change, statuses), ALL_READ), expected, "{change:?} {statuses:?}");
        }
    }

    #[test]
    fn a_finding_that_was_exempted_and_counts_again_is_a_change() {
        let mut assessment = with(&Change::Since(None), &[Status::Open, Status::Open]);
        assert_eq!(wanted(&assessment, ALL_READ), [true, true, false]);
        assessment.no_longer_exempted = 1;
        assert_eq!(wanted(&assessment, ALL_READ), [true; 3]);
    }

    #[test]
    fn a_gap_in_the_coverage_is_never_silent() {
        let nothing = with(&Change::Since(None), &[]);
        assert_eq!(wanted(&nothing, AccountSums { failed: 1, ..ALL_READ }), [true; 3]);
        assert_eq!(wanted(&nothing, AccountSums { reported: 0, ..ALL_READ }), [true; 3]);
    }

    #[test]
    fn an_account_that_was_judged_only_in_part_is_never_silent() {
        let mut assessment = with(&Change::Since(None), &[]);
        assert_eq!(wanted(&assessment, ALL_READ), [true, false, false]);
        assessment.accounts_judged_in_part = 1;
        assert_eq!(wanted(&assessment, ALL_READ), [true; 3]);
    }

    #[test]
    fn a_problem_with_exemptions_is_never_silent() {
        let mut nothing = with(&Change::Since(None), &[]);
        nothing.exemptions = Some(ExemptionReview { used: 3, problems: Vec::new() });
        assert_eq!(wanted(&nothing, ALL_READ), [true, false, false]);
        nothing.exemptions = Some(ExemptionReview { used: 3, problems: vec!["one expired".to_owned()] });
        assert_eq!(wanted(&nothing, ALL_READ), [true; 3]);
    }
}
