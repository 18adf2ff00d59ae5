//! Account Management: the regions of an account.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::answer::Answer;
use crate::call::Call;
use crate::page::PageRequest;
use crate::problem::Problem;
use crate::region::Region;
use crate::world::World;

/// The most regions on a page.
const REGIONS_PER_PAGE: usize = 50;

/// How many regions are on a page where the call does not say.
const DEFAULT_REGIONS_PER_PAGE: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListRegions {
    account_id: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    region_opt_status_contains: Vec<String>,
}

impl ListRegions {
    pub(crate) fn page(&self) -> PageRequest {
        PageRequest { limit: self.max_results, token: self.next_token.clone() }
    }

    pub(crate) fn account(&self) -> Option<AccountId> {
        self.account_id.as_deref()?.parse().ok()
    }
}

pub(crate) fn list_regions(world: &World, call: &Call, input: &ListRegions) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed {
        regions: Vec<Answered>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answered {
        region_name: &'static str,
        region_opt_status: &'static str,
    }
    let service = call.operation.service();
    if input.account_id.is_some() && !may_ask_for(world, call, input.account()) {
        return Err(Problem::denied(service, call));
    }
    let request = input.page();
    let limit = request.limit.unwrap_or(DEFAULT_REGIONS_PER_PAGE);
    if !(1..=REGIONS_PER_PAGE).contains(&limit) {
        return Err(Problem::new(400, "ValidationException", "MaxResults must be 1 to 50"));
    }
    let page = request.open(call.page_fault).map_err(|_| Problem::invalid_token(service))?;
    let statuses = &input.region_opt_status_contains;
    let all: Vec<Answered> = Region::all()
        .map(|region| Answered { region_name: region.name(), region_opt_status: region.status(world.settings.regions) })
        .filter(|region| statuses.is_empty() || statuses.iter().any(|status| status == region.region_opt_status))
        .collect();
    let end = (page.start + limit).min(all.len());
    let next_token = page.next_token((end < all.len()).then_some(end));
    let taken = if page.is_empty() { 0 } else { limit };
    let regions = all.into_iter().skip(page.start).take(taken).collect();
    Ok(Answer::json(call.protocol, &Listed { regions, next_token }))
}

/// A management account may ask for its members, but not name itself.
fn may_ask_for(world: &World, call: &Call, account: Option<AccountId>) -> bool {
    let place = account.and_then(|account| world.layout.place(account));
    call.place.is_management()
        && place.is_some_and(|place| place.organization == call.place.organization && !place.is_management())
}
