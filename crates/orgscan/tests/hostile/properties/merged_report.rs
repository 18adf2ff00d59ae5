//! What holds of the merged report of accounts that answered anything: bytes between `0xff`, which no text has, are the
//! account's name first and then its report, and so on for other accounts.

use orgscan::credential_report::{check, merged_columns};
use orgscan::formula_guard::guard_cell;
use orgscan::ledger::LedgerRow;
use orgscan::merged_report::MergedReport;
use orgscan::table::MERGED_LEADING_COLUMNS;
use orgscan::testing::ledger_row;

struct Answer<'a> {
    row: LedgerRow,
    content: &'a [u8],
    columns: Vec<String>,
}

pub(crate) fn holds(data: &[u8]) {
    let mut parts = data.split(|byte| *byte == 0xff);
    let mut answers = Vec::new();
    while let (Some(name), Some(content)) = (parts.next(), parts.next()) {
        // Others are malformed, and have no rows.
        if let Ok(checked) = check(content) {
            let row = row(answers.len(), String::from_utf8_lossy(name).into_owned());
            answers.push(Answer { row, content, columns: checked.columns });
        }
    }
    for guard in [false, true] {
        holds_of(&answers, guard);
    }
}

fn row(number: usize, name: String) -> LedgerRow {
    let mut row = ledger_row(number);
    row.account.name = name;
    row.account.ou_path = "o-a/r-b/".into();
    row.report_generated_time = "2026-11-21T06:00:00Z".parse().ok();
    row
}

/// The merged report has exactly the rows of all reports, in their order, each cell where its column is and otherwise
/// untouched.
fn holds_of(answers: &[Answer<'_>], guard: bool) {
    let mut merged =
        MergedReport::new(Vec::new(), guard, answers.iter().map(|answer| answer.columns.as_slice())).unwrap();
    for answer in answers {
        merged.add(&answer.row, answer.content).unwrap();
    }
    let merged = merged.finish().unwrap();
    let guarded = |cell: &str| if guard { guard_cell(cell).into_owned() } else { cell.to_owned() };
    let mut reader = csv::Reader::from_reader(merged.as_slice());
    let columns = merged_columns(answers.iter().map(|answer| answer.columns.as_slice()));
    let named = MERGED_LEADING_COLUMNS.into_iter().chain(columns.iter().map(String::as_str));
    assert!(reader.headers().unwrap().iter().eq(named.map(guarded)), "columns are not named as they are");
    let mut rows = reader.records();
    for answer in answers {
        let mut own = csv::Reader::from_reader(answer.content);
        for record in own.records() {
            let (record, row) = (record.unwrap(), rows.next().expect("a row is lost").unwrap());
            let account = &answer.row.account;
            let id = account.id.to_string();
            let leading = [&id, account.name.as_str(), "o-a", "o-a/r-b/", "ACTIVE", "2026-11-21T06:00:00Z"];
            assert!(row.iter().take(MERGED_LEADING_COLUMNS.len()).eq(leading.map(guarded)), "{row:?}");
            for (column, cell) in columns.iter().zip(row.iter().skip(MERGED_LEADING_COLUMNS.len())) {
                let own = answer.columns.iter().position(|one| one == column);
                let expected = own.and_then(|at| record.get(at)).unwrap_or_default();
                assert_eq!(cell, guarded(expected), "{column:?}");
            }
        }
    }
    assert!(rows.next().is_none(), "a row too many");
}
