//! Rows of what is written, read back and mailed. The sweep is never repeated for any of them.

use super::super::column::Column::*;
use super::super::place::Place;
use super::super::row::{About, Only, Row};
use super::PASSES;

/// The report of the run that is looked at.
const REPORT: Only =
    Only { account: None, region: None, object: Some("credential-report-2026-11-21T06-00-00Z.csv"), after: None };

/// Every fault that stays and that a service answers as such.
const REFUSED: &[super::Column] = &[Throttle, Error500, Error503, Denied, Expired, ClockSkew];

/// What a store that does not take one object is said to have done.
const NOT_WRITTEN: &[&str] = &["s3:PutObject", "did not answer in time"];

pub(super) static ROWS: &[Row] = &[
    Row {
        name: "s3:PutObject of the report",
        operation: "s3:PutObject",
        place: Place::Audit,
        about: About::Run,
        only: REPORT,
        has_session: false,
        says: NOT_WRITTEN,
        outcomes: &[
            ("complete", &[PASSES]),
            // The ledger is there, so the run did not fail. A page with status 200 is a proxy's: S3 did not say that it has
            // the object, so nobody does.
            ("partial", &[REFUSED, &[Hang, WrongType]]),
        ],
    },
    Row {
        name: "s3:PutObject of everything",
        operation: "s3:PutObject",
        place: Place::Audit,
        about: About::Run,
        only: Only { account: None, region: None, object: None, after: None },
        has_session: false,
        says: NOT_WRITTEN,
        outcomes: &[("complete", &[PASSES]), ("failed: StoreFailed", &[REFUSED, &[Hang, WrongType]])],
    },
    Row {
        name: "s3:CreateMultipartUpload",
        operation: "s3:CreateMultipartUpload",
        place: Place::LargeAudit,
        about: About::Run,
        only: REPORT,
        has_session: false,
        says: NOT_WRITTEN,
        outcomes: &[("complete", &[PASSES]), ("partial", &[REFUSED, &[Hang, WrongType]])],
    },
    Row {
        name: "s3:UploadPart",
        operation: "s3:UploadPart",
        place: Place::LargeAudit,
        about: About::Run,
        only: REPORT,
        has_session: false,
        says: NOT_WRITTEN,
        outcomes: &[
            (
                "complete",
                &[&[
                    ThrottleTwice,
                    Error500Twice,
                    Error503Twice,
                    ResetTwice,
                    ResetInBodyTwice,
                    TruncatedTwice,
                    SlowBody,
                ]],
            ),
            // A part has as long as a slow line takes, which is longer than the deadline here: with the usual time the
            // part is sent again. One whose answer lacks its tag cannot be part of a whole.
            ("partial", &[REFUSED, &[HangOnce, Hang, WrongType]]),
        ],
    },
    Row {
        name: "s3:CompleteMultipartUpload",
        operation: "s3:CompleteMultipartUpload",
        place: Place::LargeAudit,
        about: About::Run,
        only: REPORT,
        has_session: false,
        says: NOT_WRITTEN,
        // An answer that cannot be read counts as none, and the call is sent again; then the upload is gone, and the object that
        // it made is there.
        outcomes: &[("complete", &[PASSES, &[WrongType]]), ("partial", &[REFUSED, &[Hang]])],
    },
    Row {
        name: "s3:GetObject of the trend",
        operation: "s3:GetObject",
        place: Place::NextAudit,
        about: About::Run,
        only: Only { account: None, region: None, object: Some("findings-trend"), after: Some(1) },
        has_session: false,
        says: &["findings-trend"],
        outcomes: &[
            ("complete", &[PASSES]),
            // What cannot be read must not be written over: the newest findings stay those of the run before, which
            // is not all that was to be done.
            ("partial", &[REFUSED, &[Hang]]),
            // What is no trend begins anew, with a warning; everything of this run is written.
            ("complete, with a warning", &[&[WrongType]]),
        ],
    },
    Row {
        name: "s3:GetObject of the same event",
        operation: "s3:GetObject",
        place: Place::RepeatedAudit,
        about: About::Run,
        only: Only {
            account: None,
            region: None,
            object: Some("credential-report-2026-11-21T06-00-00Z-coverage.csv"),
            after: Some(1),
        },
        has_session: false,
        says: NOT_WRITTEN,
        outcomes: &[
            // What an earlier delivery left is read back. Where that cannot be, this delivery does all of it again: only half of
            // the time there is goes into looking, so that the other half is left to write.
            ("complete", &[PASSES, REFUSED, &[WrongType, Hang]]),
        ],
    },
    Row {
        name: "ses:SendEmail",
        operation: "ses:SendEmail",
        place: Place::MailedAudit,
        about: About::Run,
        only: Only { account: None, region: None, object: None, after: None },
        has_session: false,
        says: &["ses:SendEmail"],
        outcomes: &[
            ("complete", &[&[ThrottleTwice, SlowBody]]),
            // SES knows no repeats. What it may have taken is not sent again: a mail too few can be repeated by whoever
            // reads the warning, a mail too many cannot be called back.
            (
                "partial",
                &[
                    REFUSED,
                    &[
                        Error500Twice,
                        Error503Twice,
                        ResetTwice,
                        ResetInBodyTwice,
                        TruncatedTwice,
                        HangOnce,
                        Hang,
                        WrongType,
                    ],
                ],
            ),
        ],
    },
];
