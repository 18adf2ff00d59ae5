//! The matrix itself: what the design says that each fault at each operation comes to (sections 4, 5, 7 and 10).
//!
//! Where the design is silent, a comment says what an operator needs, and that is what is expected.

use super::column::Column::{self, *};
use super::place::Place;
use super::row::{About, Only, Row};

mod accounts;
mod delivery;

/// What passes: repeats, or the second pass at the end, get what is wanted.
const PASSES: &[Column] =
    &[ThrottleTwice, Error500Twice, Error503Twice, ResetTwice, ResetInBodyTwice, TruncatedTwice, HangOnce, SlowBody];

/// The service's own trouble that stays, and answers that nothing can be made of.
const BROKEN: &[Column] = &[Error500, Error503, WrongType, Expired, ClockSkew];

/// Tokens that lead nowhere.
const ENDLESS: &[Column] = &[RepeatedToken, AlternatingTokens];

/// Every fault that stays, where it does not matter which.
const STAYS: &[Column] = &[Throttle, Error500, Error503, WrongType, Expired, ClockSkew, Hang, Denied];

/// The tenant that faults happen to, where there are two.
const SECOND: u32 = 1;

/// The calls of the second tenant's management account, or about it.
const OF_SECOND: Only = Only { account: Some((SECOND, 0)), region: None, object: None, after: None };

/// Every row.
pub(crate) fn all() -> Vec<&'static Row> {
    RUN.iter().chain(accounts::ROWS).chain(delivery::ROWS).collect()
}

/// What comes before any account: who calls, the tenants, and the listing of each Organization.
static RUN: &[Row] = &[
    Row {
        name: "sts:GetCallerIdentity",
        operation: "sts:GetCallerIdentity",
        place: Place::Audit,
        about: About::Run,
        only: Only { account: None, region: None, object: None, after: None },
        has_session: false,
        says: &["sts:GetCallerIdentity"],
        // Without it nothing is known, so nothing useful can be done: it fails, so that it is seen and repeated.
        outcomes: &[("complete", &[PASSES]), ("failed: IdentityUnknown", &[STAYS])],
    },
    Row {
        name: "dynamodb:Scan",
        operation: "dynamodb:Scan",
        place: Place::Listing,
        about: About::Run,
        only: Only { account: None, region: None, object: None, after: None },
        has_session: false,
        says: &["dynamodb:Scan"],
        // Half of a table would leave out tenants without a word, so it is all of it or an error.
        outcomes: &[
            ("complete", &[PASSES, &[EmptyPage]]),
            ("failed: TenantsUnreadable", &[STAYS, ENDLESS, &[InvalidToken]]),
        ],
    },
    Row {
        name: "sts:AssumeRole of a tenant",
        operation: "sts:AssumeRole",
        place: Place::Listing,
        about: About::Organization(SECOND),
        only: OF_SECOND,
        has_session: false,
        says: &["sts:AssumeRole", "could not be entered in time"],
        outcomes: &[("complete", &[PASSES]), ("rejected", &[STAYS])],
    },
    Row {
        name: "organizations:DescribeOrganization",
        operation: "organizations:DescribeOrganization",
        place: Place::Listing,
        about: About::Organization(SECOND),
        only: OF_SECOND,
        has_session: false,
        says: &["organizations:DescribeOrganization", "could not be entered in time"],
        outcomes: &[("complete", &[PASSES]), ("rejected", &[STAYS])],
    },
    Row {
        name: "organizations:ListAccounts",
        operation: "organizations:ListAccounts",
        place: Place::Listing,
        about: About::Organization(SECOND),
        only: OF_SECOND,
        has_session: false,
        says: &["organizations:ListAccounts"],
        outcomes: &[
            // A token that is not taken any more begins the listing again, and no account counts twice.
            ("complete", &[PASSES, &[EmptyPage, InvalidToken]]),
            ("rejected", &[STAYS]),
            // All accounts may have been on the pages that were answered, but nobody can know.
            ("broke off", &[ENDLESS]),
        ],
    },
    Row {
        name: "organizations:ListAccounts, page 2",
        operation: "organizations:ListAccounts",
        place: Place::Listing,
        about: About::Organization(SECOND),
        only: Only { account: Some((SECOND, 0)), region: None, object: None, after: Some(1) },
        has_session: false,
        says: &["organizations:ListAccounts"],
        outcomes: &[
            ("complete", &[PASSES, &[EmptyPage, InvalidToken]]),
            // What was listed is reported, and summary and ledger say that it is not all.
            ("broke off", &[STAYS, ENDLESS]),
        ],
    },
];

/// Checks what the rows take for granted of the worlds.
pub(crate) fn assert_places_fit(baselines: &std::collections::BTreeMap<Place, super::check::Baseline>) {
    if let Some(inventory) = baselines.get(&Place::Inventory) {
        let (organization, index) = accounts::MEMBER;
        let lines = inventory.lines(&super::place::account(organization, index));
        assert!(lines.iter().all(|line| !line.contains(accounts::IDLE_REGION)), "{lines:?}");
    }
}
