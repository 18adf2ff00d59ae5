//! Findings as a table.

use std::io::{self, Write};

use crate::assessment::Sink;
use crate::finding::Finding;
use crate::rule::Rule;
use crate::table::{FINDINGS_COLUMNS, TableWriter};

/// Writes findings as a CSV of [`FINDINGS_COLUMNS`].
#[derive(Debug)]
pub struct FindingsTable<W: Write>(TableWriter<W>);

impl<W: Write> FindingsTable<W> {
    /// A table in `to`, beginning with its columns. With the guard, no cell begins like a formula.
    ///
    /// # Errors
    /// The columns cannot be written.
    pub fn new(to: W, guard: bool) -> io::Result<Self> {
        Ok(Self(TableWriter::new(to, guard, FINDINGS_COLUMNS)?))
    }

    /// Ends the table and gives back what it was written to.
    ///
    /// # Errors
    /// What is left of it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Sink for FindingsTable<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let rule = Rule::of_id(&finding.rule);
        let age_days = finding.age_days.map(|days| days.to_string());
        Ok(self.0.write([
            &*finding.account_id,
            &*finding.account_name,
            &*finding.ou_path,
            &*finding.user,
            &*finding.user_arn,
            &*finding.rule,
            rule.map(Rule::title).unwrap_or_default(),
            finding.credential.as_str(),
            finding.severity.as_str(),
            finding.cis.as_deref().unwrap_or_default(),
            finding.status.as_str(),
            &*finding.since,
            age_days.as_deref().unwrap_or_default(),
            &*finding.detail,
            rule.map(Rule::remedy).unwrap_or_default(),
            if finding.covered { "true" } else { "false" },
        ])?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    fn table(guard: bool) -> String {
        let mut table = FindingsTable::new(Vec::new(), guard).unwrap();
        for finding in [examples::plain(), examples::hostile()] {
            table.finding(&finding).unwrap();
        }
        String::from_utf8(table.finish().unwrap()).unwrap()
    }

    const COLUMNS: &str = "account_id,account_name,ou_path,user,user_arn,rule,title,credential,severity,cis,status,since,\
                           age_days,detail,remedy,covered\r\n";
    const PLAIN: &str = "000000000012,Sandbox,o-a/r-b/ou-b-c/,alice,arn:aws:iam::000000000012:user/alice,unused-key,\
                         Access key not in use,access_key_2,medium,2.11,open,2026-11-01,45,Access key 2 was last used \
                         45 days ago.,\"Deactivate the key, and delete it once nobody misses it.\",true\r\n";

    #[test]
    fn a_table_of_findings_is_exact_and_has_all_its_cells() {
        let hostile = "000000000012,=1+1,,\"a,\"\"b\"\"\r\n<img src=x>\u{202e}\u{0}中\",,rule-of-tomorrow,,access_key_2,\
                       medium,,exempted,some day,,-,,false\r\n";
        assert_eq!(table(false), [COLUMNS, PLAIN, hostile].concat());
    }

    #[test]
    fn a_table_of_findings_is_guarded_on_demand() {
        let hostile = "000000000012,'=1+1,,\"a,\"\"b\"\"\r\n<img src=x>\u{202e}\u{0}中\",,rule-of-tomorrow,,access_key_2,\
                       medium,,exempted,some day,,'-,,false\r\n";
        assert_eq!(table(true), [COLUMNS, PLAIN, hostile].concat());
    }

    #[test]
    fn a_table_without_findings_has_its_columns() {
        let table = FindingsTable::new(Vec::new(), true).unwrap();
        assert_eq!(table.finish().unwrap(), COLUMNS.as_bytes());
    }
}
