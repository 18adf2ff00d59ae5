//! Reports as AWS writes them, and the accounts they are of.

use std::time::Duration;

use orgscan::account::{Account, AccountState, OrgId};
use orgscan::credential_report;
use orgscan::ledger::{LedgerRow, Outcome};
use orgscan::testing::{ReportUser, report};

/// A report before it is merged.
pub(crate) struct Fetched {
    pub(crate) row: LedgerRow,
    pub(crate) columns: Vec<String>,
    pub(crate) content: Vec<u8>,
}

impl Fetched {
    pub(crate) fn new(account: u64, content: Vec<u8>) -> Self {
        let columns = credential_report::check(&content).unwrap().columns;
        Self { row: ledger_row(account), columns, content }
    }
}

/// A report of so many rows, the root user's included.
pub(crate) fn report_of(account: u64, users: u32) -> Vec<u8> {
    report(account, (1..users).map(user))
}

/// A user: two of three have a password with MFA, and one of two an access key.
pub(crate) fn user(number: u32) -> ReportUser {
    let mut user = ReportUser::new(format!("person-{number:04}"));
    if !number.is_multiple_of(3) {
        user = user.password("2026-02-03T04:05:06+00:00", "2026-11-20T09:15:00+00:00").mfa();
    }
    if number.is_multiple_of(2) {
        user = user.key(1, "2026-05-06T07:08:09+00:00", "2026-11-19T10:20:00+00:00");
    }
    user
}

fn ledger_row(account: u64) -> LedgerRow {
    LedgerRow {
        account: Account {
            id: format!("{account:012}").parse().unwrap(),
            name: format!("team-{account:05}-production"),
            state: AccountState::Active,
            ou_path: "o-exampleorgid/r-ab12/ou-ab12-11111111/ou-ab12-22222222/".to_owned(),
        },
        org_id: OrgId::new("o-exampleorgid"),
        outcome: Outcome::Reported,
        attempts: 1,
        duration: Duration::from_millis(2_345),
        report_generated_time: "2026-11-21T06:00:00Z".parse().ok(),
        regions_denied: vec![],
        regions_not_enabled: vec![],
        detail: String::new(),
    }
}
