//! Merging the reports of an Organization: from the spool, in account order, one account in memory at a time.

use std::io;

use tempfile::NamedTempFile;

use super::fetch::Fetched;
use crate::jobs::sweep::Swept;
use crate::merged_report::MergedReport;
use crate::scan::give_way;
use crate::spool::Spool;

/// Merges all fetched reports into a temporary file.
///
/// # Errors
/// The temporary folder cannot be used.
pub(super) async fn merge(spool: &Spool, accounts: &[Swept<Fetched>], guard: bool) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    let columns = accounts.iter().filter_map(|one| one.found.as_ref()).map(|one| &*one.columns);
    let mut merged = MergedReport::new(file.as_file_mut(), guard, columns)?;
    for account in accounts {
        if let Some(fetched) = &account.found {
            merged.add(&account.row, &spool.read(fetched.entry)?)?;
            // A large merge must not hold up the requests of the other Organizations.
            give_way().await;
        }
    }
    merged.finish()?;
    Ok(file)
}
