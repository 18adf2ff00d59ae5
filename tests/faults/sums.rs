//! What a part came to, as a table and as sums, in files that `make faults` prints.

use std::fs;

use orgscan_tests::tools;

/// The sums of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Cells of the matrix, or runs.
    pub(crate) tried: usize,
    /// Those that came out as they must.
    pub(crate) passed: usize,
    /// Accounts that were listed and are in no ledger, or that had to be reported and are not.
    pub(crate) lost_accounts: usize,
    /// Rows of reports that differ from what the world has.
    pub(crate) wrong_rows: usize,
}

/// Writes a part's table, with its sums as the last line, to `target/faults/PART.txt`.
pub(crate) fn write(part: &str, table: &str, sums: Sums) {
    let Sums { tried, passed, lost_accounts, wrong_rows } = sums;
    let folder = tools::target().join("faults");
    fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "{table}\n{part}: {tried} tried, {passed} passed, {lost_accounts} lost accounts, {wrong_rows} wrong rows\n"
    );
    fs::write(folder.join(format!("{part}.txt")), text).unwrap();
}
