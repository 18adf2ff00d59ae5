//! Merging the reports of an Organization: from the spool, in account order, one account in memory at a time.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use tempfile::NamedTempFile;

use super::fetch::Fetched;
use crate::credential_report::{merged_columns, reader};
use crate::jobs::sweep::Swept;
use crate::ledger::LedgerRow;
use crate::scan::give_way;
use crate::spool::Spool;
use crate::table::{MERGED_LEADING_COLUMNS, TableWriter, seconds};

/// Merges all fetched reports into a temporary file. Values are AWS's own; a column that an account's report lacks is
/// empty for it.
///
/// # Errors
/// The temporary folder cannot be used.
pub(super) async fn merge(spool: &Spool, accounts: &[Swept<Fetched>], guard: bool) -> io::Result<NamedTempFile> {
    let seen: BTreeSet<String> =
        accounts.iter().filter_map(|one| one.found.as_ref()).flat_map(|one| one.columns.iter().cloned()).collect();
    let columns = merged_columns(&seen);
    let mut file = NamedTempFile::new()?;
    let header = MERGED_LEADING_COLUMNS.into_iter().chain(columns.iter().map(String::as_str));
    let mut table = TableWriter::new(BufWriter::new(file.as_file_mut()), guard, header)?;
    for account in accounts {
        if let Some(fetched) = &account.found {
            write_account(&mut table, &columns, &account.row, fetched, &spool.read(fetched.entry)?)?;
            // A large merge must not hold up the requests of the other Organizations.
            give_way().await;
        }
    }
    table.finish()?.flush()?;
    Ok(file)
}

fn write_account<W: Write>(
    table: &mut TableWriter<W>,
    columns: &[String],
    row: &LedgerRow,
    fetched: &Fetched,
    content: &[u8],
) -> io::Result<()> {
    let positions: Vec<Option<usize>> =
        columns.iter().map(|column| fetched.columns.iter().position(|one| one == column)).collect();
    let id = row.account.id.to_string();
    let generated_time = row.report_generated_time.map(seconds).unwrap_or_default();
    let leading = [
        id.as_str(),
        row.account.name.as_str(),
        row.org_id.as_str(),
        row.account.ou_path.as_str(),
        row.account.state.as_str(),
        generated_time.as_str(),
    ];
    let mut reader = reader(content);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let own = positions.iter().map(|position| position.and_then(|at| record.get(at)).unwrap_or_default());
        table.write(leading.into_iter().chain(own))?;
    }
    Ok(())
}
