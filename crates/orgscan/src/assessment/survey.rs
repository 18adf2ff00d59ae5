//! A look over a report before it is judged.

use std::collections::BTreeSet;
use std::io::Read;

use jiff::Timestamp;

use super::{AssessmentError, Reading};

/// What a report tells without being judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The newest `report_generated_time`; none where no row has one.
    pub newest_generated_time: Option<Timestamp>,
    /// The accounts that have rows, where they are asked for; rows that do not say whose they are have an empty one.
    pub accounts: BTreeSet<String>,
}

impl Survey {
    /// Looks over the rest of a report, which is not read where it tells nothing of what is asked for.
    ///
    /// # Errors
    /// It is no CSV.
    pub fn of<R: Read>(report: Reading<R>, with_accounts: bool) -> Result<Self, AssessmentError> {
        let Reading { mut reader, account, mut record, .. } = report;
        let generated_time = reader.headers()?.iter().position(|column| column == "report_generated_time");
        let mut survey = Self::default();
        if generated_time.is_none() && !with_accounts {
            return Ok(survey);
        }
        let (mut last_time, mut last_account) = (String::new(), None);
        while reader.read_record(&mut record)? {
            let time = generated_time.and_then(|column| record.get(column)).unwrap_or_default();
            // All rows of an account have the same one.
            if time != last_time {
                time.clone_into(&mut last_time);
                survey.newest_generated_time = survey.newest_generated_time.max(time.parse().ok());
            }
            if with_accounts {
                let id = account.id_of(&record);
                if last_account.as_deref() != Some(id) {
                    survey.accounts.extend(last_account.replace(id.to_owned()));
                }
            }
        }
        survey.accounts.extend(last_account);
        Ok(survey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(report: &str, with_accounts: bool) -> Survey {
        Survey::of(Reading::begin(report.as_bytes()).unwrap(), with_accounts).unwrap()
    }

    #[test]
    fn the_newest_time_of_a_report_is_found() {
        for (rows, expected) in [
            (
                "a,r,2026-11-21T05:00:00Z\nb,r,2026-11-21T05:30:00+00:00\nc,r,2026-11-20T05:00:00Z\n",
                "2026-11-21T05:30:00Z",
            ),
            ("a,r,soon\nb,r,2026-11-21T05:00:00Z\nc,r,\n", "2026-11-21T05:00:00Z"),
        ] {
            let found = survey(&format!("user,arn,report_generated_time\n{rows}"), false);
            assert_eq!(found.newest_generated_time, expected.parse().ok(), "{rows}");
            assert_eq!(found.accounts, BTreeSet::new(), "nobody asked for them");
        }
        for without in ["user,arn\na,b\n", "user,arn,report_generated_time\na,r,\nb,r,soon\n"] {
            assert_eq!(survey(without, false), Survey::default(), "{without}");
        }
    }

    #[test]
    fn the_accounts_of_a_report_are_found_wherever_their_rows_are() {
        let accounts = |report| survey(report, true).accounts.into_iter().collect::<Vec<_>>();
        let merged = "account_id,user,arn\n2,a,r\n1,a,r\n2,b,r\n,c,arn:aws:iam::000000000003:user/c\n";
        assert_eq!(accounts(merged), ["000000000003", "1", "2"]);
        let own = "user,arn\n<root_account>,arn:aws:iam::123456789012:root\na,arn:aws:iam::123456789012:user/a\n";
        assert_eq!(accounts(own), ["123456789012"]);
        assert_eq!(accounts("user,arn\na,not an ARN\n"), [""]);
        assert!(accounts("user,arn\n").is_empty());
    }

    #[test]
    fn a_report_that_is_cut_off_is_no_report() {
        let cut_off = Reading::begin(&b"user,arn,report_generated_time\na"[..]).unwrap();
        assert!(matches!(Survey::of(cut_off, false), Err(AssessmentError::Report(_))));
    }
}
