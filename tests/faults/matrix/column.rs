//! What can go wrong with a call: the columns of the matrix.

use aws_sim::{Fault, FaultRule};

/// How long a body takes that comes bit by bit: less than any time limit, and far more than it should.
const SLOW_SECONDS: f64 = 2.0;

/// What goes wrong, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    ThrottleTwice,
    Throttle,
    Error500Twice,
    Error500,
    Error503Twice,
    Error503,
    /// Carried out, and the connection reset in place of the answer; twice, as the two that follow.
    ResetTwice,
    ResetInBodyTwice,
    TruncatedTwice,
    HangOnce,
    Hang,
    SlowBody,
    /// Answered with an HTML page and status 200, every time.
    WrongType,
    Denied,
    ExpiredOnce,
    Expired,
    ClockSkew,
    EmptyPage,
    RepeatedToken,
    AlternatingTokens,
    /// A token that was given out is not taken, once.
    InvalidToken,
}

use Column::{
    AlternatingTokens, ClockSkew, Denied, EmptyPage, Error500, Error500Twice, Error503, Error503Twice, Expired,
    ExpiredOnce, Hang, HangOnce, InvalidToken, RepeatedToken, ResetInBodyTwice, ResetTwice, SlowBody, Throttle,
    ThrottleTwice, TruncatedTwice, WrongType,
};

impl Column {
    /// Every column, in the table's order.
    pub(crate) const ALL: [Self; 21] = [
        ThrottleTwice,
        Throttle,
        Error500Twice,
        Error500,
        Error503Twice,
        Error503,
        ResetTwice,
        ResetInBodyTwice,
        TruncatedTwice,
        HangOnce,
        Hang,
        SlowBody,
        WrongType,
        Denied,
        ExpiredOnce,
        Expired,
        ClockSkew,
        EmptyPage,
        RepeatedToken,
        AlternatingTokens,
        InvalidToken,
    ];

    /// The fault in words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ThrottleTwice => "throttle twice",
            Throttle => "throttle for ever",
            Error500Twice => "500 twice",
            Error500 => "500 for ever",
            Error503Twice => "503 twice",
            Error503 => "503 for ever",
            ResetTwice => "reset before the answer twice",
            ResetInBodyTwice => "reset in the body twice",
            TruncatedTwice => "truncated body twice",
            HangOnce => "hang once",
            Hang => "hang for ever",
            SlowBody => "slow body",
            WrongType => "wrong content type",
            Denied => "access denied",
            ExpiredOnce => "expired token once",
            Expired => "expired token for ever",
            ClockSkew => "clock skew",
            EmptyPage => "empty page with a token",
            RepeatedToken => "repeated token",
            AlternatingTokens => "tokens A-B-A-B",
            InvalidToken => "invalid next token",
        }
    }

    /// The head of its column.
    pub(crate) fn head(self) -> &'static str {
        match self {
            ThrottleTwice => "thr 2",
            Throttle => "thr",
            Error500Twice => "500 2",
            Error500 => "500",
            Error503Twice => "503 2",
            Error503 => "503",
            ResetTwice => "rst 2",
            ResetInBodyTwice => "rsb 2",
            TruncatedTwice => "tru 2",
            HangOnce => "hng 1",
            Hang => "hng",
            SlowBody => "slow",
            WrongType => "type",
            Denied => "deny",
            ExpiredOnce => "exp 1",
            Expired => "exp",
            ClockSkew => "skew",
            EmptyPage => "empty",
            RepeatedToken => "rep",
            AlternatingTokens => "abab",
            InvalidToken => "inval",
        }
    }

    /// Whether it is about pages, which most operations do not have.
    pub(crate) fn needs_pages(self) -> bool {
        matches!(self, EmptyPage | RepeatedToken | AlternatingTokens | InvalidToken)
    }

    /// The rules that make it, each of them `to` the calls that are meant.
    pub(crate) fn rules(self, to: impl Fn(Fault) -> FaultRule) -> Vec<FaultRule> {
        let times = |first, fault| FaultRule { first: Some(first), ..to(fault) };
        match self {
            ThrottleTwice => vec![times(2, Fault::Throttle)],
            Throttle => vec![to(Fault::Throttle)],
            Error500Twice => vec![times(2, Fault::Error500)],
            Error500 => vec![to(Fault::Error500)],
            Error503Twice => vec![times(2, Fault::Error503)],
            Error503 => vec![to(Fault::Error503)],
            ResetTwice => vec![times(2, Fault::ResetBeforeAnswer)],
            ResetInBodyTwice => vec![times(2, Fault::ResetInBody)],
            TruncatedTwice => vec![times(2, Fault::TruncatedBody)],
            HangOnce => vec![times(1, Fault::Hang)],
            Hang => vec![to(Fault::Hang)],
            SlowBody => vec![to(Fault::SlowBody { seconds: SLOW_SECONDS })],
            WrongType => vec![to(Fault::WrongContentType)],
            Denied => vec![to(Fault::AccessDenied)],
            ExpiredOnce => vec![times(1, Fault::ExpiredToken)],
            Expired => vec![to(Fault::ExpiredToken)],
            ClockSkew => vec![to(Fault::ClockSkew)],
            EmptyPage => vec![times(1, Fault::EmptyPageWithToken)],
            RepeatedToken => vec![to(Fault::RepeatedToken)],
            AlternatingTokens => vec![to(Fault::AlternatingTokens)],
            // The empty page gives out the token that is then not taken, also where one page has everything.
            InvalidToken => vec![times(1, Fault::EmptyPageWithToken), times(1, Fault::InvalidNextToken)],
        }
    }
}
