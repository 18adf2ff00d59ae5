//! Organizations: the Organization, its accounts and their tags.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::account::{AccountId, Place};
use crate::answer::Answer;
use crate::call::Call;
use crate::chance::{Topic, within};
use crate::page::PageRequest;
use crate::problem::Problem;
use crate::world::World;

/// The most accounts on a page, and how many there are where the call does not say.
const ACCOUNTS_PER_PAGE: usize = 20;

/// 2019-01-01, when the first account joined, in seconds since 1970.
const FIRST_JOINED: u64 = 1_546_300_800;

/// The seven years after it.
const YEARS_OF_JOINING: u64 = 7 * 365 * 86_400;

/// What accounts are called. Some of it is awkward in a CSV, a spreadsheet or a mail.
const NAMES: [&str; 16] = [
    "payments",
    "Data Platform",
    "web-frontend",
    "Sandbox",
    "Logging, Audit & Compliance",
    "=HYPERLINK(\"http://example.com\")",
    "shared_services",
    "+mobile",
    "network.hub",
    "-legacy-",
    "ML \"research\"",
    "@edge",
    "backup <cold>",
    "identity",
    "it's billing",
    "Security Tooling",
];

/// The most characters of a tag's key and of its value (Organizations API reference, `Tag`).
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

const ENVIRONMENTS: [&str; 6] = ["prod", "production", "staging", "test", "dev", ""];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAccounts {
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl ListAccounts {
    pub(crate) fn page(&self) -> PageRequest {
        PageRequest { limit: self.max_results, token: self.next_token.clone() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForResource {
    resource_id: String,
    next_token: Option<String>,
}

impl ListTagsForResource {
    pub(crate) fn page(&self) -> PageRequest {
        PageRequest { limit: None, token: self.next_token.clone() }
    }

    pub(crate) fn account(&self) -> Option<AccountId> {
        self.resource_id.parse().ok()
    }
}

/// The id of an Organization.
pub(crate) fn organization_id(organization: u32) -> String {
    format!("o-sim{organization:07}")
}

/// The ARN of an account as a resource of its Organization.
pub(crate) fn account_arn(account: AccountId, place: Place) -> String {
    let (management, organization) = (place.management_account(), organization_id(place.organization));
    format!("arn:aws:organizations::{management}:account/{organization}/{account}")
}

pub(crate) fn describe_organization(call: &Call) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Described {
        organization: Organization,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Organization {
        id: String,
        arn: String,
        feature_set: &'static str,
        master_account_arn: String,
        master_account_id: String,
        master_account_email: String,
        available_policy_types: [(); 0],
    }
    let (management, id) = (call.place.management_account(), organization_id(call.place.organization));
    let organization = Organization {
        arn: format!("arn:aws:organizations::{management}:organization/{id}"),
        feature_set: "ALL",
        master_account_arn: format!("arn:aws:organizations::{management}:account/{id}/{management}"),
        master_account_id: management.to_string(),
        master_account_email: email(management),
        available_policy_types: [],
        id,
    };
    Answer::json(call.protocol, &Described { organization })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: String,
    arn: String,
    email: String,
    name: String,
    state: &'static str,
    status: &'static str,
    joined_method: &'static str,
    joined_timestamp: u64,
    paths: [String; 1],
}

pub(crate) fn list_accounts(world: &World, call: &Call, input: &ListAccounts) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed {
        accounts: Vec<Account>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    only_for_management_account(call)?;
    let request = input.page();
    let limit = request.limit.unwrap_or(ACCOUNTS_PER_PAGE);
    if !(1..=ACCOUNTS_PER_PAGE).contains(&limit) {
        return Err(Problem {
            reason: Some(if limit == 0 { "MIN_VALUE_EXCEEDED" } else { "MAX_VALUE_EXCEEDED" }),
            ..Problem::new(400, "InvalidInputException", "You specified an invalid value for MaxResults.")
        });
    }
    let page = open(&request, call)?;
    let all = usize::try_from(world.layout.accounts).unwrap_or(usize::MAX);
    let end = (page.start + limit).min(all);
    let indexes = if page.is_empty() { 0..0 } else { page.start..end };
    let accounts = indexes.filter_map(|index| u32::try_from(index).ok());
    let accounts = accounts.map(|index| account(world, Place { organization: call.place.organization, index }));
    let next_token = page.next_token((end < all).then_some(end));
    Ok(Answer::json(call.protocol, &Listed { accounts: accounts.collect(), next_token }))
}

fn account(world: &World, place: Place) -> Account {
    let id = AccountId::new(place.organization, place.index);
    let mut draws = world.seed.draws(Topic::AccountName, [id.number()]);
    let organization = organization_id(place.organization);
    let path = if place.is_management() {
        format!("{organization}/r-sim0/{id}/")
    } else {
        let unit = draws.u8(..8);
        format!("{organization}/r-sim0/ou-sim0-0000000{unit}/{id}/")
    };
    let state = if is_suspended(world, place) { "SUSPENDED" } else { "ACTIVE" };
    Account {
        id: id.to_string(),
        arn: account_arn(id, place),
        email: email(id),
        name: name(&mut draws, place),
        state,
        status: state,
        joined_method: if draws.u8(..4) == 0 { "INVITED" } else { "CREATED" },
        joined_timestamp: FIRST_JOINED + draws.u64(..YEARS_OF_JOINING),
        paths: [path],
    }
}

fn is_suspended(world: &World, place: Place) -> bool {
    let settings = &world.settings;
    if place.is_management() {
        return settings.suspended_management;
    }
    let id = AccountId::new(place.organization, place.index);
    within(&mut world.seed.draws(Topic::Suspended, [id.number()]), settings.suspended_share)
}

fn name(draws: &mut Rng, place: Place) -> String {
    if place.is_management() {
        return format!("management {}", place.organization);
    }
    let name = NAMES.get(draws.usize(..NAMES.len())).copied().unwrap_or_default();
    format!("{name} {}", place.index)
}

fn email(account: AccountId) -> String {
    format!("aws+{account}@example.com")
}

/// A tag of an account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    key: String,
    value: String,
}

/// The tags of an account; none for one that never had any.
pub(crate) fn tags(world: &World, account: AccountId) -> Option<Vec<Tag>> {
    let mut draws = world.seed.draws(Topic::AccountTags, [account.number()]);
    if !within(&mut draws, world.settings.tagged_share) {
        return None;
    }
    let environment = ENVIRONMENTS.get(draws.usize(..ENVIRONMENTS.len())).copied().unwrap_or_default();
    let aide_id = format!("AIDE_{:07}", draws.u32(..10_000_000));
    let tag = |key: &str, value: &str| Tag { key: key.to_owned(), value: value.to_owned() };
    let longest = |number| Tag {
        key: format!("sim:{number:0>width$}", width = LONGEST_KEY - "sim:".len()),
        value: "é".repeat(LONGEST_VALUE),
    };
    let others = (0..world.settings.tags.saturating_sub(2)).map(longest);
    Some(others.chain([tag("Environment", environment), tag("aide-id", &aide_id)]).collect())
}

pub(crate) fn list_tags_for_resource(
    world: &World,
    call: &Call,
    input: &ListTagsForResource,
) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed {
        tags: Vec<Tag>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    only_for_management_account(call)?;
    let account = input.account().and_then(|account| Some((account, world.layout.place(account)?)));
    let Some((account, _)) = account.filter(|(_, place)| place.organization == call.place.organization) else {
        return Err(Problem::new(400, "TargetNotFoundException", "You specified a target that doesn't exist."));
    };
    let page = open(&input.page(), call)?;
    let tags = if page.is_empty() { None } else { tags(world, account) };
    let tags = tags.unwrap_or_default();
    Ok(Answer::json(call.protocol, &Listed { tags, next_token: page.next_token(None) }))
}

fn open(request: &PageRequest, call: &Call) -> Result<crate::page::Page, Problem> {
    request.open(call.page_fault).map_err(|_| Problem::invalid_token(call.operation.service()))
}

/// A delegated administrator could call too, but there is none.
fn only_for_management_account(call: &Call) -> Result<(), Problem> {
    if call.place.is_management() {
        return Ok(());
    }
    let message = "You don't have permissions to access this resource.";
    Err(Problem::new(400, "AccessDeniedException", message))
}
