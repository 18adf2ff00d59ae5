//! One row of the matrix: an operation at one place of a run, and what each fault at it must come to.

use aws_sim::{Fault, FaultRule};

use super::column::Column;
use super::place::{Place, account};

/// Whose fate a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The whole run: `complete`, `partial`, or `failed` with the error's code.
    Run,
    /// One Organization: `complete`, `rejected`, or `broke off` where not all of its accounts may be listed.
    Organization(u32),
    /// One account of an Organization, by its outcome in the ledger.
    Account(u32, u32),
    /// Every account of an Organization.
    Accounts(u32),
}

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    /// The operation, and at what.
    pub(crate) name: &'static str,
    /// The operation by the stand-in's name.
    pub(crate) operation: &'static str,
    pub(crate) place: Place,
    pub(crate) about: About,
    /// Which of the operation's calls the fault happens to, beside those about the account.
    pub(crate) only: Only,
    /// Whether it is called with a session that ends, and of which there may be another.
    pub(crate) has_session: bool,
    /// What is said where the outcome is not the best one: one of these, in the ledger, the warnings, the reasons or the
    /// error.
    pub(crate) says: &'static [&'static str],
    /// Every outcome, and the faults that come to it.
    pub(crate) outcomes: &'static [(&'static str, &'static [&'static [Column]])],
}

/// Which calls a fault happens to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Only {
    pub(crate) account: Option<(u32, u32)>,
    pub(crate) region: Option<&'static str>,
    pub(crate) object: Option<&'static str>,
    /// So many calls go well before.
    pub(crate) after: Option<u32>,
}

impl Row {
    /// What a fault must come to; none where it cannot happen.
    pub(crate) fn expected(&self, column: Column) -> Option<&'static str> {
        let holds = |groups: &[&[Column]]| groups.iter().any(|group| group.contains(&column));
        self.outcomes.iter().find(|(_, groups)| holds(groups)).map(|(outcome, _)| *outcome)
    }

    /// Whether the fault can happen to the operation.
    pub(crate) fn can_have(&self, column: Column) -> bool {
        let pages = ["dynamodb:Scan", "organizations:ListAccounts", "organizations:ListTagsForResource"];
        let is_paged =
            pages.contains(&self.operation) || ["account:ListRegions", "tag:GetResources"].contains(&self.operation);
        (is_paged || !column.needs_pages()) && (self.has_session || column != Column::ExpiredOnce)
    }

    /// The rules that make the fault.
    pub(crate) fn rules(&self, column: Column) -> Vec<FaultRule> {
        let Only { account: about, region, object, after } = self.only;
        let to = |fault: Fault| FaultRule {
            account: about.map(|(organization, index)| account(organization, index)),
            region: region.map(str::to_owned),
            object: object.map(str::to_owned),
            after,
            ..FaultRule::new(self.operation, fault)
        };
        column.rules(to)
    }
}
