//! The list of exemptions of a run: from where its setting says, held against every Organization's findings.

use std::sync::{Mutex, PoisonError};

use jiff::tz::TimeZone;

use crate::account::AccountId;
use crate::error::chain;
use crate::exemption::Exemptions;
use crate::jobs::Run;
use crate::jobs::publish::soon;
use crate::ports::Documents;
use crate::summary::{Status, Summary};

/// The list, and what all Organizations together made of it.
#[derive(Debug)]
pub(super) struct ListOfRun {
    counted: Mutex<Exemptions>,
    /// Whether each Organization is only a part of what the list is for.
    in_parts: bool,
    /// Whether the run is of everything that the list is for.
    is_whole: bool,
    today: jiff::civil::Date,
}

impl ListOfRun {
    /// Reads the list; none where the settings have none. A list that cannot be read exempts nothing, and every digest
    /// says so.
    pub(super) async fn load<D: Documents>(
        documents: &D,
        run: &Run<'_>,
        own_account: AccountId,
        organizations: usize,
    ) -> Option<Self> {
        let location = run.config.audit.exemptions.as_deref()?;
        if run.event.dry_run {
            return None;
        }
        // In a stranger's bucket, a stranger could exempt what he likes.
        let owner = run.config.output.expected_bucket_owner.unwrap_or(own_account);
        let list = match soon(run, documents.document(location, owner)).await {
            Ok(content) => Exemptions::parse(&content),
            Err(error) => {
                let why = chain(&error);
                tracing::error!(object = location, error = why, "the exemptions in {location} cannot be read: {why}");
                Exemptions::unreadable(&format!("{location}: {why}"))
            }
        };
        let is_whole = run.event.account_ids.is_none() && run.event.tenant_ids.is_none();
        Some(Self {
            counted: Mutex::new(list),
            in_parts: organizations > 1 || !is_whole,
            is_whole,
            today: run.scheduled_time.to_zoned(TimeZone::UTC).date(),
        })
    }

    /// The list for one Organization.
    pub(super) fn of_organization(&self) -> Exemptions {
        let list = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if self.in_parts { list.for_a_part() } else { list.clone() }
    }

    /// Adds what one Organization's list counted.
    pub(super) fn add(&self, part: &Exemptions) {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).add_part(part);
    }

    /// Says in the summary what is wrong with the list.
    pub(super) fn conclude(self, summary: &mut Summary) {
        let mut list = self.counted.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !list.is_usable() {
            summary.status = Status::Partial;
        }
        let all_were_scanned = summary.tenants.as_ref().is_none_or(|tenants| tenants.rejected.is_empty());
        let all_were_assessed = summary.organizations.iter().all(|one| one.finding_counts.is_some());
        if !(self.is_whole && all_were_scanned && all_were_assessed) {
            list.is_for_a_part_only();
        }
        summary.warnings.extend(list.review(self.today).problems);
    }
}
