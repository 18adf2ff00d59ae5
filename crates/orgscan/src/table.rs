//! Rows → CSV bytes: RFC 4180 with CRLF, minimal quoting, UTF-8, no byte order mark.
//!
//! The column orders are public: other programs read them.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;

use crate::account::{Account, AccountId, AccountState, OrgId};
use crate::formula_guard::guard_cell;
use crate::ledger::{LedgerRow, Outcome};

/// The columns of the inventory.
pub const INVENTORY_COLUMNS: [&str; 11] = [
    "Account_Id",
    "Account_Name",
    "Org_ID",
    "Tenant_Name",
    "CSP",
    "Billing_Account_State",
    "Region_Group",
    "Regions",
    "Tenant_ID",
    "Environment",
    "Aide_ID",
];

/// The columns of the coverage ledger.
pub const LEDGER_COLUMNS: [&str; 12] = [
    "account_id",
    "account_name",
    "org_id",
    "ou_path",
    "state",
    "outcome",
    "attempts",
    "duration_ms",
    "report_generated_time",
    "regions_denied",
    "regions_not_enabled",
    "detail",
];

/// The columns that a merged credential report has before AWS's own.
pub const MERGED_LEADING_COLUMNS: [&str; 6] =
    ["account_id", "account_name", "org_id", "ou_path", "account_state", "report_generated_time"];

/// The columns of the findings.
pub const FINDINGS_COLUMNS: [&str; 16] = [
    "account_id",
    "account_name",
    "ou_path",
    "user",
    "user_arn",
    "rule",
    "title",
    "credential",
    "severity",
    "cis",
    "status",
    "since",
    "age_days",
    "detail",
    "remedy",
    "covered",
];

/// What an inventory says about one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryRow<'a> {
    /// The account.
    pub account: &'a Account,
    /// Its Organization.
    pub org_id: &'a str,
    /// The management account, which names the tenant.
    pub management_account: String,
    /// The group of its active regions.
    pub region_group: &'a str,
    /// Its active regions, sorted.
    pub regions: &'a [String],
    /// The value of its environment tag.
    pub environment: &'a str,
    /// The value of its aide id tag.
    pub aide_id: &'a str,
}

/// Writes tables. With the guard, no cell begins like a formula.
#[derive(Debug)]
pub struct TableWriter<W: Write> {
    csv: csv::Writer<W>,
    guard: bool,
}

impl<W: Write> TableWriter<W> {
    /// A table in `to`, beginning with its columns.
    pub fn new<'a>(to: W, guard: bool, columns: impl IntoIterator<Item = &'a str>) -> csv::Result<Self> {
        let mut table = Self::below_columns(to, guard);
        table.write(columns)?;
        Ok(table)
    }

    /// More rows of the table in `to`, which has its columns already.
    pub fn below_columns(to: W, guard: bool) -> Self {
        Self { csv: csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to), guard }
    }

    /// Writes one row.
    pub fn write<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> csv::Result<()> {
        for cell in cells {
            if self.guard {
                self.csv.write_field(guard_cell(cell).as_bytes())?;
            } else {
                self.csv.write_field(cell)?;
            }
        }
        self.csv.write_record(None::<&[u8]>)
    }

    /// Ends the table and gives back what it was written to.
    pub fn finish(self) -> std::io::Result<W> {
        self.csv.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The inventory of one Organization.
pub fn inventory<'a>(rows: impl IntoIterator<Item = InventoryRow<'a>>, guard: bool) -> csv::Result<Vec<u8>> {
    let mut table = TableWriter::new(Vec::new(), guard, INVENTORY_COLUMNS)?;
    for row in rows {
        let management_account = row.management_account.as_str();
        table.write([
            row.account.id.to_string().as_str(),
            row.account.name.as_str(),
            row.org_id,
            management_account,
            "AWS",
            row.account.state.as_str(),
            row.region_group,
            row.regions.join(",").as_str(),
            management_account,
            row.environment,
            row.aide_id,
        ])?;
    }
    Ok(table.finish()?)
}

/// The coverage ledger of one Organization.
pub fn ledger<'a>(rows: impl IntoIterator<Item = &'a LedgerRow>, guard: bool) -> csv::Result<Vec<u8>> {
    let mut table = TableWriter::new(Vec::new(), guard, LEDGER_COLUMNS)?;
    for row in rows {
        table.write([
            row.account.id.to_string().as_str(),
            row.account.name.as_str(),
            row.org_id.as_str(),
            row.account.ou_path.as_str(),
            row.account.state.as_str(),
            row.outcome.as_str(),
            row.attempts.to_string().as_str(),
            row.duration.as_millis().to_string().as_str(),
            row.report_generated_time.map(seconds).unwrap_or_default().as_str(),
            row.regions_denied.join(",").as_str(),
            row.regions_not_enabled.join(",").as_str(),
            row.detail.as_str(),
        ])?;
    }
    Ok(table.finish()?)
}

/// Why a table of an earlier run cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("the table of the earlier run cannot be read back")]
pub struct Unreadable(#[source] Option<csv::Error>);

impl From<csv::Error> for Unreadable {
    fn from(error: csv::Error) -> Self {
        Self(Some(error))
    }
}

/// Reads a ledger back, by column name.
///
/// # Errors
/// A column is missing, or a cell is not what a ledger has.
pub fn read_ledger(content: &[u8]) -> Result<Vec<LedgerRow>, Unreadable> {
    let mut reader = csv::Reader::from_reader(content);
    let header = reader.headers()?.clone();
    let columns = LEDGER_COLUMNS.map(|column| header.iter().position(|name| name == column));
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record?;
        let cell = |index: usize| columns.get(index).copied().flatten().and_then(|at| record.get(at));
        let text = |index: usize| cell(index).map(str::to_owned).ok_or(Unreadable(None));
        let number = |index: usize| cell(index).and_then(|text| text.parse::<u64>().ok()).ok_or(Unreadable(None));
        let list = |index: usize| {
            text(index).map(|text| text.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect())
        };
        rows.push(LedgerRow {
            account: Account {
                id: text(0)?.parse().map_err(|_| Unreadable(None))?,
                name: text(1)?,
                ou_path: text(3)?,
                state: AccountState::from_answer(cell(4), None),
            },
            org_id: OrgId::new(text(2)?),
            outcome: cell(5).and_then(Outcome::of_name).ok_or(Unreadable(None))?,
            attempts: u32::try_from(number(6)?).map_err(|_| Unreadable(None))?,
            duration: Duration::from_millis(number(7)?),
            report_generated_time: text(8)?.parse().ok(),
            regions_denied: list(9)?,
            regions_not_enabled: list(10)?,
            detail: text(11)?,
        });
    }
    Ok(rows)
}

/// Reads the active regions per account back from an inventory, by column name.
///
/// # Errors
/// A column is missing, or a cell is not what an inventory has.
pub fn read_regions(content: &[u8]) -> Result<Vec<(AccountId, Vec<String>)>, Unreadable> {
    let mut reader = csv::Reader::from_reader(content);
    let header = reader.headers()?.clone();
    let column = |wanted: &str| header.iter().position(|name| name == wanted).ok_or(Unreadable(None));
    let (account_column, regions_column) = (column("Account_Id")?, column("Regions")?);
    let mut accounts = Vec::new();
    for record in reader.into_records() {
        let record = record?;
        let account = record.get(account_column).and_then(|id| id.parse().ok()).ok_or(Unreadable(None))?;
        let regions = record.get(regions_column).unwrap_or_default();
        accounts.push((account, regions.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect()));
    }
    Ok(accounts)
}

/// A time as the tables have it: UTC, whole seconds.
pub fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> Account {
        Account {
            id: "000000000012".parse().unwrap(),
            name: name.to_owned(),
            state: AccountState::Active,
            ou_path: "o-a/r-b/".to_owned(),
        }
    }

    fn one_row(name: &str, guard: bool) -> String {
        let account = account(name);
        let regions = ["eu-west-1".to_owned(), "us-east-1".to_owned()];
        let row = InventoryRow {
            account: &account,
            org_id: "o-a",
            management_account: "000000000012".to_owned(),
            region_group: "multi",
            regions: &regions,
            environment: "prod",
            aide_id: "",
        };
        String::from_utf8(inventory([row], guard).unwrap()).unwrap()
    }

    #[test]
    fn an_inventory_ends_lines_with_crlf_and_quotes_only_what_needs_it() {
        assert_eq!(
            one_row("plain", false),
            "Account_Id,Account_Name,Org_ID,Tenant_Name,CSP,Billing_Account_State,Region_Group,Regions,Tenant_ID,\
             Environment,Aide_ID\r\n000000000012,plain,o-a,000000000012,AWS,ACTIVE,multi,\"eu-west-1,us-east-1\",\
             000000000012,prod,\r\n"
        );
    }

    #[test]
    fn hostile_names_are_exact_and_guarded_only_on_demand() {
        for (name, cell) in [
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "=1+1"),
            ("<b>中文</b>", "<b>中文</b>"),
        ] {
            assert!(one_row(name, false).contains(&format!("000000000012,{cell},o-a")), "{name}");
        }
        assert!(one_row("=1+1", true).contains("000000000012,'=1+1,o-a"));
    }

    #[test]
    fn a_ledger_row_has_all_its_cells() {
        let row = LedgerRow {
            account: account("a"),
            org_id: OrgId::new("o-a"),
            outcome: Outcome::ReportedPartially,
            attempts: 2,
            duration: Duration::from_micros(1_234_567),
            report_generated_time: "2026-11-21T06:00:00.75Z".parse().ok(),
            regions_denied: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
            regions_not_enabled: vec![],
            detail: "one; two".to_owned(),
        };
        let text = String::from_utf8(ledger([&row], false).unwrap()).unwrap();
        assert_eq!(
            text,
            "account_id,account_name,org_id,ou_path,state,outcome,attempts,duration_ms,report_generated_time,\
             regions_denied,regions_not_enabled,detail\r\n000000000012,a,o-a,o-a/r-b/,ACTIVE,reported_partially,2,1234,\
             2026-11-21T06:00:00Z,\"eu-west-1,us-east-1\",,one; two\r\n"
        );
        let written_seconds = LedgerRow {
            duration: Duration::from_millis(1_234),
            report_generated_time: "2026-11-21T06:00:00Z".parse().ok(),
            ..row
        };
        assert_eq!(read_ledger(text.as_bytes()).unwrap(), [written_seconds]);
        assert!(read_ledger(b"account_id,outcome\r\n000000000012,reported\r\n").is_err());
    }

    #[test]
    fn regions_are_read_back_from_an_inventory() {
        let regions = read_regions(one_row("a, b", false).as_bytes()).unwrap();
        let expected = vec!["eu-west-1".to_owned(), "us-east-1".to_owned()];
        assert_eq!(regions, [("000000000012".parse().unwrap(), expected)]);
        assert!(read_regions(b"Account_Id\r\n1\r\n").is_err());
    }
}
