//! Resource Groups Tagging: resources of an account in a region, and the tags of all accounts.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::organizations::{Tag, account_arn, tags};
use crate::account::{AccountId, Place};
use crate::answer::Answer;
use crate::call::Call;
use crate::chance::{Topic, within};
use crate::page::{Page, PageRequest};
use crate::problem::Problem;
use crate::region::Region;
use crate::world::World;

/// The most resources on a page.
const RESOURCES_PER_PAGE: usize = 100;

/// How many resources are on a page where the call does not say.
const DEFAULT_RESOURCES_PER_PAGE: usize = 50;

/// The most resources of a region.
const MOST_RESOURCES: u32 = 10;

/// What asks for accounts in place of an account's resources.
const ACCOUNTS: &str = "organizations:account";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetResources {
    resources_per_page: Option<usize>,
    pagination_token: Option<String>,
    #[serde(default)]
    resource_type_filters: Vec<String>,
}

impl GetResources {
    pub(crate) fn page(&self) -> PageRequest {
        PageRequest { limit: self.resources_per_page, token: self.pagination_token.clone() }
    }

    /// Whether resources of this ARN are asked for. A filter is a service, or a service and a type.
    fn wants(&self, arn: &str) -> bool {
        self.resource_type_filters.is_empty()
            || self.resource_type_filters.iter().any(|filter| {
                let (service, kind) = filter.split_once(':').unwrap_or((filter, ""));
                let mut fields = arn.splitn(6, ':').skip(2);
                let resource = (fields.next(), fields.nth(2));
                resource.0 == Some(service) && resource.1.is_some_and(|resource| resource.starts_with(kind))
            })
    }
}

#[derive(Serialize)]
struct Resource {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(rename = "Tags")]
    tags: Vec<Tag>,
}

pub(crate) fn get_resources(world: &World, call: &Call, input: &GetResources) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Got {
        pagination_token: String,
        resource_tag_mapping_list: Vec<Resource>,
    }
    let Some(region) = call.region.filter(|region| region.position() < world.settings.regions) else {
        let message = "The security token included in the request is invalid.";
        return Err(Problem::new(400, "UnrecognizedClientException", message));
    };
    let request = input.page();
    let limit = request.limit.unwrap_or(DEFAULT_RESOURCES_PER_PAGE);
    if !(1..=RESOURCES_PER_PAGE).contains(&limit) {
        return Err(Problem::new(400, "InvalidParameterException", "ResourcesPerPage must be 1 to 100"));
    }
    let page = request.open(call.page_fault).map_err(|_| Problem::invalid_token(call.operation.service()))?;
    let asks_for_accounts = input.resource_type_filters.iter().any(|filter| filter == ACCOUNTS);
    let (page, resources, next) = if asks_for_accounts {
        let (resources, next) = tagged_accounts(world, call.place, region, page, limit);
        (page, resources, next)
    } else {
        let (page, all) = resources_of_region(world, call, region, input, page);
        let end = (page.start + limit).min(all.len());
        let next = (end < all.len()).then_some(end);
        (page, all.into_iter().skip(page.start).take(limit).collect(), next)
    };
    let got = Got {
        // The last page's token is empty and not missing.
        pagination_token: page.next_token(next).unwrap_or_default(),
        resource_tag_mapping_list: if page.is_empty() { Vec::new() } else { resources },
    };
    Ok(Answer::json(call.protocol, &got))
}

/// The accounts that have tags, from the page's start on, and where the next page starts. They are resources of
/// us-east-1, which only the management account sees.
fn tagged_accounts(
    world: &World,
    caller: Place,
    region: Region,
    page: Page,
    limit: usize,
) -> (Vec<Resource>, Option<usize>) {
    let mut resources = Vec::new();
    if region != Region::US_EAST_1 || !caller.is_management() {
        return (resources, None);
    }
    let first = u32::try_from(page.start).unwrap_or(u32::MAX);
    for index in first..world.layout.accounts {
        let account = AccountId::new(caller.organization, index);
        let Some(tags) = tags(world, account) else { continue };
        if resources.len() == limit {
            return (resources, usize::try_from(index).ok());
        }
        resources.push(Resource { arn: account_arn(account, Place { index, ..caller }), tags });
    }
    (resources, None)
}

/// All resources of the caller's account in a region, and the page as it is to be: the first may be empty.
fn resources_of_region(
    world: &World,
    call: &Call,
    region: Region,
    input: &GetResources,
    page: Page,
) -> (Page, Vec<Resource>) {
    let names = [call.caller.number(), region.position() as u64];
    if page.is_first() && within(&mut world.seed.draws(Topic::EmptyPage, names), world.settings.empty_page_share) {
        return (page.emptied(), Vec::new());
    }
    let mut draws = world.seed.draws(Topic::ActiveRegion, names);
    let is_active = within(&mut draws, world.settings.active_share);
    let count = if is_active { draws.u32(1..=MOST_RESOURCES) } else { 0 };
    let mut arns: Vec<String> = (0..count).map(|number| arn(&mut draws, call.caller, region, number)).collect();
    if region == Region::US_EAST_1 {
        // A resource of a global service, which says nothing of the region.
        arns.push(format!("arn:aws:iam::{}:policy/sim", call.caller));
    }
    let resources = arns.into_iter().filter(|arn| input.wants(arn)).map(|arn| Resource { arn, tags: Vec::new() });
    (page, resources.collect())
}

fn arn(draws: &mut Rng, account: AccountId, region: Region, number: u32) -> String {
    let region = region.name();
    match draws.u8(..6) {
        0 => format!("arn:aws:ec2:{region}:{account}:instance/i-{:017x}", draws.u64(..) >> 4),
        1 => format!("arn:aws:lambda:{region}:{account}:function:sim-{number}"),
        2 => format!("arn:aws:sqs:{region}:{account}:sim-{number}"),
        3 => format!("arn:aws:dynamodb:{region}:{account}:table/sim-{number}"),
        4 => format!("arn:aws:rds:{region}:{account}:db:sim-{number}"),
        _ => format!("arn:aws:ec2:{region}:{account}:vpc/vpc-{:017x}", draws.u64(..) >> 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_service_or_a_service_and_a_type() {
        let wants = |filters: &[&str], arn| {
            let resource_type_filters = filters.iter().map(|filter| (*filter).to_owned()).collect();
            GetResources { resources_per_page: None, pagination_token: None, resource_type_filters }.wants(arn)
        };
        let instance = "arn:aws:ec2:eu-west-1:100000000001:instance/i-1";
        assert!(wants(&[], instance));
        assert!(wants(&["ec2"], instance));
        assert!(wants(&["sqs", "ec2:instance"], instance));
        assert!(!wants(&["ec2:vpc"], instance));
        assert!(!wants(&["lambda:function"], instance));
    }
}
