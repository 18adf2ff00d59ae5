//! Rows of what is asked in, or about, one account.

use super::super::column::Column::*;
use super::super::place::Place;
use super::super::row::{About, Only, Row};
use super::{BROKEN, ENDLESS, PASSES, SECOND};

/// The account that faults happen to.
pub(super) const MEMBER: (u32, u32) = (0, 2);

const ABOUT: About = About::Account(MEMBER.0, MEMBER.1);

const OF_MEMBER: Only = Only { account: Some(MEMBER), region: None, object: None, after: None };

/// A region in which the account has nothing, so that all of its pages are read.
pub(super) const IDLE_REGION: &str = "ap-south-1";

/// What the ledger says of an account that took too long.
const TOO_LONG: &str = "ACCOUNT_TIMEOUT_SECONDS";

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "sts:AssumeRole of a member",
        operation: "sts:AssumeRole",
        place: Place::Audit,
        about: ABOUT,
        only: OF_MEMBER,
        has_session: false,
        says: &["sts:AssumeRole", TOO_LONG],
        outcomes: &[
            ("reported", &[PASSES]),
            ("throttled", &[&[Throttle]]),
            ("assume_denied", &[&[Denied]]),
            ("service_error", &[BROKEN]),
            ("timeout", &[&[Hang]]),
        ],
    },
    Row {
        name: "iam:GenerateCredentialReport",
        operation: "iam:GenerateCredentialReport",
        place: Place::AuditWithoutReports,
        about: ABOUT,
        only: OF_MEMBER,
        has_session: true,
        says: &["iam:GenerateCredentialReport", TOO_LONG],
        outcomes: &[
            // A session that is over is replaced in the second pass.
            // An answer that says nothing is none that the report is ready, and it is asked for all the same.
            ("reported", &[PASSES, &[ExpiredOnce, WrongType]]),
            ("throttled", &[&[Throttle]]),
            ("denied", &[&[Denied]]),
            ("service_error", &[&[Error500, Error503, Expired, ClockSkew]]),
            ("timeout", &[&[Hang]]),
        ],
    },
    Row {
        name: "iam:GetCredentialReport",
        operation: "iam:GetCredentialReport",
        place: Place::Audit,
        about: ABOUT,
        only: OF_MEMBER,
        has_session: true,
        says: &["iam:GetCredentialReport", TOO_LONG],
        outcomes: &[
            ("reported", &[PASSES, &[ExpiredOnce]]),
            ("throttled", &[&[Throttle]]),
            ("denied", &[&[Denied]]),
            // An HTML page is no answer of IAM, so there is no report in it that could be malformed.
            ("service_error", &[BROKEN]),
            ("timeout", &[&[Hang]]),
        ],
    },
    Row {
        name: "account:ListRegions",
        operation: "account:ListRegions",
        place: Place::Inventory,
        about: ABOUT,
        only: OF_MEMBER,
        has_session: true,
        says: &["account:ListRegions", TOO_LONG],
        outcomes: &[
            // Where it is denied the regions that are enabled by default are asked, and that is all there is to know.
            ("reported", &[PASSES, &[Denied, EmptyPage]]),
            // The same regions are asked, but others may be enabled, and may be known another time.
            ("reported_partially", &[BROKEN, ENDLESS, &[Throttle, ExpiredOnce, InvalidToken]]),
            ("timeout", &[&[Hang]]),
        ],
    },
    Row {
        name: "tag:GetResources in one region",
        operation: "tag:GetResources",
        place: Place::Inventory,
        about: ABOUT,
        only: Only { account: Some(MEMBER), region: Some(IDLE_REGION), object: None, after: None },
        has_session: true,
        says: &["tag:GetResources", TOO_LONG],
        outcomes: &[
            // A region that a policy denies is recorded as such, and is no failure of the account.
            ("reported", &[PASSES, &[Denied, EmptyPage, InvalidToken]]),
            ("reported_partially", &[BROKEN, ENDLESS, &[Throttle, ExpiredOnce]]),
            ("timeout", &[&[Hang]]),
        ],
    },
    Row {
        name: "tag:GetResources in every region",
        operation: "tag:GetResources",
        place: Place::Inventory,
        about: ABOUT,
        only: OF_MEMBER,
        has_session: true,
        says: &["tag:GetResources", TOO_LONG],
        outcomes: &[
            ("reported", &[PASSES, &[EmptyPage, InvalidToken]]),
            // Regions that show a resource on their first page need no token; one expired answer is that of one region.
            ("reported_partially", &[ENDLESS, &[ExpiredOnce]]),
            // With no region answered the row must not look like that of an idle account.
            ("throttled", &[&[Throttle]]),
            ("denied", &[&[Denied]]),
            ("service_error", &[BROKEN]),
            ("timeout", &[&[Hang]]),
        ],
    },
    Row {
        name: "organizations:ListTagsForResource",
        operation: "organizations:ListTagsForResource",
        place: Place::Tags,
        about: ABOUT,
        only: OF_MEMBER,
        has_session: false,
        says: &["organizations:ListTagsForResource", "came first"],
        outcomes: &[
            ("reported", &[PASSES, &[EmptyPage]]),
            // The account has its row, without what its tags would say.
            ("reported_partially", &[BROKEN, ENDLESS, &[Throttle, Denied, Hang, InvalidToken]]),
        ],
    },
    Row {
        name: "tag:GetResources of all accounts",
        operation: "tag:GetResources",
        place: Place::Listing,
        about: About::Accounts(SECOND),
        only: super::OF_SECOND,
        has_session: false,
        says: &["tag:GetResources", "came first"],
        outcomes: &[
            // Where the bulk way fails for whatever reason, each account is asked for its tags.
            ("reported", &[PASSES, BROKEN, ENDLESS, &[Throttle, Denied, EmptyPage, InvalidToken]]),
            // It is waited for until the deadline, and then there is no time for the other way.
            ("reported_partially", &[&[Hang]]),
        ],
    },
];
