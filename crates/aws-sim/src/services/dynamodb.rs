//! DynamoDB: the tenants table, with an item for each Organization.

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::answer::Answer;
use crate::call::Call;
use crate::page::PageRequest;
use crate::problem::Problem;
use crate::world::World;

/// The most items of a page.
const ITEMS_PER_PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Scan {
    limit: Option<usize>,
    exclusive_start_key: Option<Key>,
}

/// The key of an item, and the start of the next page: DynamoDB's tokens are keys, which callers pass back untouched.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Key {
    tenant_id: Text,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    s: String,
}

impl Text {
    fn of(text: impl Into<String>) -> Self {
        Self { s: text.into() }
    }
}

impl Scan {
    pub(crate) fn page(&self) -> PageRequest {
        PageRequest { limit: self.limit, token: self.exclusive_start_key.as_ref().map(|key| key.tenant_id.s.clone()) }
    }
}

pub(crate) fn scan(world: &World, call: &Call, input: &Scan) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        items: Vec<Item>,
        count: usize,
        scanned_count: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_evaluated_key: Option<Key>,
    }
    #[derive(Serialize)]
    struct Item {
        tenant_id: Text,
        tenant_type: Text,
        tenant_status: Text,
        cloud_service_provider: Text,
        external_id: Text,
    }
    let request = input.page();
    let limit = request.limit.map_or(ITEMS_PER_PAGE, |limit| limit.min(ITEMS_PER_PAGE));
    if limit == 0 {
        return Err(Problem::new(400, "ValidationException", "Limit must be at least 1"));
    }
    let page = request.open(call.page_fault).map_err(|_| Problem::invalid_token(call.operation.service()))?;
    let all = usize::try_from(world.layout.organizations).unwrap_or(usize::MAX);
    let end = (page.start + limit).min(all);
    let positions = if page.is_empty() { 0..0 } else { page.start..end };
    let items: Vec<Item> = positions
        .filter_map(|position| u32::try_from(position).ok())
        .map(|organization| Item {
            tenant_id: Text::of(AccountId::new(organization, 0).to_string()),
            tenant_type: Text::of("Cloud Usage"),
            tenant_status: Text::of("Active"),
            cloud_service_provider: Text::of("AWS"),
            // As long and as strange as one that nobody guesses.
            external_id: Text::of(format!("external-id-9f86d081-{organization}")),
        })
        .collect();
    let next = page.next_token((end < all).then_some(end));
    let answered = Page {
        count: items.len(),
        scanned_count: items.len(),
        items,
        last_evaluated_key: next.map(|token| Key { tenant_id: Text::of(token) }),
    };
    Ok(Answer::json(call.protocol, &answered))
}
