//! An Organization whose every name and every message is somebody else's text: the texts are what is between `0xff`, which
//! no text has.

use jiff::Timestamp;
use orgscan::account::{Account, AccountState, OrgId};
use orgscan::assessment::{Assessment, Assessor, Before, Coverage, Criteria, Sink};
use orgscan::config::CisVersion;
use orgscan::credential_report::COLUMNS;
use orgscan::exemption::ExemptionReview;
use orgscan::judgement::Thresholds;
use orgscan::ledger::{LedgerRow, Outcome};
use orgscan::table::{MERGED_LEADING_COLUMNS, TableWriter};
use orgscan::testing::ledger_row;

/// What every text begins with: a tag that no template has, and ends of an attribute, of a script and of a comment.
pub(crate) const MARK: &str = "<x-mark y=\"'></script>-->";

pub(crate) struct Organization {
    pub(crate) texts: Vec<String>,
    pub(crate) ledger: Vec<LedgerRow>,
    pub(crate) report: Vec<u8>,
}

pub(crate) fn as_of() -> Timestamp {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

impl Organization {
    pub(crate) fn of(data: &[u8]) -> Self {
        Self::of_texts(
            data.split(|byte| *byte == 0xff).map(|text| format!("{MARK}{}", String::from_utf8_lossy(text))).collect(),
        )
    }

    /// More texts than any list shows, none of which can do harm.
    pub(crate) fn harmless() -> Self {
        Self::of_texts((0..300).map(|number| format!("harmless {number}")).collect())
    }

    fn of_texts(texts: Vec<String>) -> Self {
        let ledger: Vec<LedgerRow> = texts.iter().enumerate().map(|(number, text)| row(number, text)).collect();
        Self { report: report(&ledger), ledger, texts }
    }

    /// A text, whatever the number.
    pub(crate) fn text(&self, number: usize) -> &str {
        self.texts.get(number % self.texts.len()).unwrap()
    }

    /// Reads the report.
    pub(crate) fn assess(&self, sink: &mut dyn Sink) -> Assessment {
        let criteria = Criteria {
            as_of: as_of(),
            cis_version: CisVersion::V7,
            thresholds: Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 },
        };
        let mut assessor = Assessor::new(criteria, Before::unknown(self.text(1)), None);
        assessor.read(self.report.as_slice(), sink).unwrap();
        let mut assessment = assessor.finish(Coverage::of_ledger(&self.ledger, true), sink).unwrap();
        assessment.exemptions = Some(ExemptionReview { used: 1, problems: self.texts.clone() });
        assessment.notes.extend(self.texts.iter().cloned());
        assessment
    }
}

fn row(number: usize, text: &str) -> LedgerRow {
    let covered = ledger_row(number);
    LedgerRow {
        account: Account {
            name: text.to_owned(),
            state: AccountState::Other(text.into()),
            ou_path: text.to_owned(),
            ..covered.account
        },
        org_id: OrgId::new(text),
        outcome: *Outcome::ALL.get(number % Outcome::ALL.len()).unwrap(),
        regions_denied: vec![text.to_owned()],
        detail: text.to_owned(),
        ..covered
    }
}

/// One user per account, who breaks every rule that a user can break, in cells that say something else where they can.
fn report(ledger: &[LedgerRow]) -> Vec<u8> {
    let columns = MERGED_LEADING_COLUMNS.into_iter().chain(COLUMNS);
    let mut table = TableWriter::new(Vec::new(), false, columns).unwrap();
    for row in ledger {
        let text = row.account.name.as_str();
        let id = row.account.id.to_string();
        let old = "2020-01-01T00:00:00+00:00";
        let leading = [&id, text, text, text, text, ""];
        let password = [text, text, old, "true", old, old, text, "false"];
        let key = ["true", old, old, text, text];
        let certificate = ["true", text];
        table
            .write(leading.into_iter().chain(password).chain(key).chain(key).chain(certificate).chain(certificate))
            .unwrap();
    }
    table.finish().unwrap()
}
