//! What holds of any ARN, any account id and any token of a page: the texts are what is between `0xff`, which no text has.

use std::cell::Cell;
use std::collections::HashSet;
use std::future::ready;

use futures::future::FutureExt;
use futures::stream::StreamExt;
use jiff::Timestamp;
use orgscan::account::{Account, AccountId, AccountState, Partition};
use orgscan::error::{CallError, CallErrorKind};
use orgscan::names;
use orgscan::paging::pages;
use orgscan::region::{RegionGroups, SEVERAL_GROUPS, proves};
use orgscan::text::one_line;

pub(crate) fn holds(data: &[u8]) {
    let texts: Vec<String> =
        data.split(|byte| *byte == 0xff).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    for text in &texts {
        of_an_arn(text);
        of_an_account(text);
        of_a_line(text);
    }
    of_regions(&texts);
    of_pages(&texts);
}

fn of_an_arn(arn: &str) {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    for region in ["us-east-1", "", fields.get(3).copied().unwrap_or("eu-west-1")] {
        let proves = proves(arn, region);
        // A service that lists what it has elsewhere must not make a region look used.
        let names_it = fields.first() == Some(&"arn") && fields.get(3) == Some(&region);
        let is_bucket = fields.first() == Some(&"arn") && fields.get(2) == Some(&"s3") && fields.get(3) == Some(&"");
        assert_eq!(proves, names_it || is_bucket, "{arn:?} in {region:?}");
    }
    let Some(partition) = Partition::of_arn(arn) else { return };
    assert!(!partition.as_str().is_empty() && !partition.as_str().contains(':'));
    assert!(partition.default_regions().contains(&partition.global_region()), "{partition}");
    let id: AccountId = "000000000012".parse().unwrap();
    assert_eq!(Partition::of_arn(&partition.role_arn(id, arn)), Some(partition));
}

fn of_an_account(text: &str) {
    let is_id = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = text.parse::<AccountId>();
    assert_eq!(id.is_ok(), is_id, "{text:?}");
    let id = id.unwrap_or_else(|_| "123456789012".parse().unwrap());
    assert_eq!(id.to_string().parse(), Ok(id));
    assert!(!is_id || id.to_string() == text);
    let path = Account::ou_path_of(&[text.to_owned()], id);
    assert!(path.is_empty() || path.ends_with('/') && path.len() > 1, "{text:?}: {path:?}");
    assert!(path.is_empty() || text.starts_with(path.trim_end_matches('/')), "{text:?}: {path:?}");
    let state = AccountState::from_answer(Some(text), None);
    assert_eq!(state.as_str(), text);
    assert_eq!(AccountState::from_answer(Some(state.as_str()), Some("ACTIVE")).as_str() == "ACTIVE", {
        text.is_empty() || text == "ACTIVE"
    });
}

fn of_a_line(text: &str) {
    for limit in [1, 10, 64] {
        let line = one_line(text, limit);
        assert!(line.chars().count() <= limit, "{line:?}");
        assert!(!line.contains(|one: char| one.is_control() || "\u{2028}\u{2029}\u{202e}\u{2066}".contains(one)));
        assert_eq!(one_line(&line, limit), line, "what is on one line already stays as it is");
    }
    if let Some(time) = names::time_in(text) {
        let stamp = names::time_stamp(time);
        assert!(text.contains(&stamp), "{text:?}: {stamp}");
        assert_eq!(names::time_in(&stamp), Some(time));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        // Whole seconds of the years that a name has room for come back.
        let stamp = names::time_stamp(time);
        if stamp.len() == "2026-11-21T06-00-00Z".len() {
            let second = i64::try_from(time.as_nanosecond().div_euclid(1_000_000_000)).unwrap();
            assert_eq!(names::time_in(&stamp).map(Timestamp::as_second), Some(second), "{stamp}");
        }
    }
}

fn of_regions(texts: &[String]) {
    let groups = RegionGroups::default();
    let group = groups.group_of(texts);
    let active = |name: &str| groups.0.get(name).is_some_and(|regions| regions.iter().any(|one| texts.contains(one)));
    let all: Vec<&String> = groups.0.keys().filter(|name| active(name)).collect();
    match all.as_slice() {
        [] => assert_eq!(group, ""),
        [only] => assert_eq!(group, *only),
        _ => assert_eq!(group, SEVERAL_GROUPS),
    }
}

/// A service that answers these tokens one after the other, page after page, and then no more.
fn of_pages(tokens: &[String]) {
    let asked = Cell::new(0);
    let listing = pages("tag:GetResources", |_: Option<String>| {
        let page = asked.replace(asked.get() + 1);
        ready(Ok::<_, CallError>((page, tokens.get(page).cloned())))
    });
    let answered: Vec<Result<usize, CallError>> = listing.collect().now_or_never().unwrap();
    // How many pages there are until a token ends the listing or comes again.
    let mut seen = HashSet::new();
    let good = tokens.iter().take_while(|token| !token.is_empty() && seen.insert(*token)).count();
    let repeats = tokens.get(good).is_some_and(|token| !token.is_empty());
    let pages: Vec<usize> = answered.iter().filter_map(|page| page.as_ref().ok().copied()).collect();
    assert_eq!(pages, (0..=good).collect::<Vec<usize>>(), "every page that was answered is there once, in order");
    assert_eq!(asked.get(), good + 1);
    match answered.last() {
        Some(Err(error)) => assert!(repeats && error.kind == CallErrorKind::EndlessPages, "{error}"),
        _ => assert!(!repeats, "a listing that repeats itself has to be an error"),
    }
}
