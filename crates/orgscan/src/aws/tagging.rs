//! The Resource Groups Tagging API, which answers per region and account.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_resourcegroupstagging as sdk;
use aws_sdk_resourcegroupstagging::types::ResourceTagMapping;
use futures::stream::{Stream, TryStreamExt};

use super::Session;
use super::error::{call_error, unreadable};
use crate::account::AccountId;
use crate::error::{CallError, CallErrorKind};
use crate::gate::{Gate, Quota};
use crate::paging::pages;
use crate::ports::Tags;

const GET_RESOURCES: &str = "tag:GetResources";

/// The most that `GetResources` takes.
const RESOURCES_PER_PAGE: i32 = 100;

/// The first page of a search for one proof: a region in use shows within its first few resources, and a small page is
/// quicker to answer.
const RESOURCES_ON_FIRST_PAGE: i32 = 10;

/// The Tagging API in one region. Its quota is one per account and region ("AWS Resource Groups Tagging API endpoints
/// and quotas"), so a listing has its own.
struct Listing<'a> {
    gate: &'a Gate,
    session: Session,
    client: sdk::Client,
    quota: Arc<Quota>,
    resource_types: Vec<String>,
    first_page: i32,
}

impl<'a> Listing<'a> {
    fn new(gate: &'a Gate, session: &Session, region: &str, resource_types: Vec<String>, first_page: i32) -> Self {
        let quota = Arc::new(session.allowance().get_resources());
        Self { gate, session: session.clone(), client: session.tagging(region), quota, resource_types, first_page }
    }

    fn pages(self) -> impl Stream<Item = Result<Vec<ResourceTagMapping>, CallError>> + Send {
        pages(GET_RESOURCES, move |token: Option<String>| {
            let size = if token.is_none() { self.first_page } else { RESOURCES_PER_PAGE };
            let request = self.client.get_resources().resources_per_page(size).set_pagination_token(token);
            let types = (!self.resource_types.is_empty()).then(|| self.resource_types.clone());
            let request = request.set_resource_type_filters(types);
            let (gate, session, quota) = (self.gate, self.session.clone(), Arc::clone(&self.quota));
            async move {
                let attempt = || {
                    let sent =
                        Box::pin(request.clone().customize().config_override(session.signed_for_tagging()).send());
                    async { sent.await.map_err(|error| call_error(GET_RESOURCES, &error)) }
                };
                let answer = gate.call(GET_RESOURCES, Some(&quota), attempt).await?;
                Ok((answer.resource_tag_mapping_list.unwrap_or_default(), answer.pagination_token))
            }
        })
    }
}

/// The tags of all accounts that ever had one.
pub(super) async fn tags_of_accounts<T>(
    gate: &Gate,
    session: &Session,
    region: &str,
    keep: impl Fn(Tags) -> T,
) -> Result<BTreeMap<AccountId, T>, CallError> {
    let types = vec!["organizations:account".to_owned()];
    let mut read = std::pin::pin!(Listing::new(gate, session, region, types, RESOURCES_PER_PAGE).pages());
    let mut accounts = BTreeMap::new();
    while let Some(page) = read.try_next().await? {
        for resource in page {
            let arn = resource.resource_arn().unwrap_or_default();
            let Some(id) = account_of_arn(arn)? else { continue };
            let tags = resource.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
            accounts.insert(id, keep(tags.collect()));
        }
    }
    Ok(accounts)
}

/// The account that `arn:PARTITION:organizations::111111111111:account/o-…/222222222222` is about; none where it is
/// about something else, which the type filter should have kept out.
fn account_of_arn(arn: &str) -> Result<Option<AccountId>, CallError> {
    let mut fields = arn.splitn(6, ':');
    if fields.nth(2) != Some("organizations") {
        return Ok(None);
    }
    let Some(path) = fields.nth(2).and_then(|resource| resource.strip_prefix("account/")) else { return Ok(None) };
    match path.rsplit('/').next().map(str::parse) {
        Some(Ok(id)) => Ok(Some(id)),
        _ => Err(unreadable(GET_RESOURCES, "the ARN of an account does not end with its id")),
    }
}

/// The ARNs of all resources that ever had a tag.
pub(super) fn tagged_resources<'a>(
    gate: &'a Gate,
    session: &Session,
    region: &str,
    resource_types: &[String],
) -> impl Stream<Item = Result<Vec<String>, CallError>> + Send + use<'a> {
    Listing::new(gate, session, region, resource_types.to_vec(), RESOURCES_ON_FIRST_PAGE)
        .pages()
        .map_ok(|page| page.into_iter().filter_map(|resource| resource.resource_arn).collect())
        .map_err(regional)
}

/// In a region that an account has not enabled, its session token is unknown.
fn regional(mut error: CallError) -> CallError {
    if matches!(error.code.as_deref(), Some("InvalidClientTokenId" | "UnrecognizedClientException")) {
        error.kind = CallErrorKind::RegionNotEnabled;
    }
    error
}

#[cfg(test)]
mod tests {
    use futures::stream::StreamExt;
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::canned::{Answer, Canned, Sent, json_error, ok, session, world};
    use crate::ports::{Organizations, Regions};

    const QUEUE: &str = "arn:aws:sqs:eu-west-2:123456789012:q";
    const BUCKET: &str = "arn:aws:s3:::b";

    fn page(arns: &[&str], token: Option<&str>) -> Answer {
        let resources: Vec<Value> = arns.iter().map(|arn| json!({"ResourceARN": arn, "Tags": []})).collect();
        ok(json!({"ResourceTagMappingList": resources, "PaginationToken": token}).to_string())
    }

    async fn search(canned: &Canned, types: &[&str]) -> (Vec<Vec<String>>, Option<CallErrorKind>) {
        let world = world(canned);
        let session = session(&world);
        let types: Vec<String> = types.iter().map(|&kind| kind.to_owned()).collect();
        let answered: Vec<_> = world.tagged_resources(&session, "eu-west-2", &types).collect().await;
        let mut pages = Vec::new();
        let mut error = None;
        for page in answered {
            match page {
                Ok(page) => pages.push(page),
                Err(failed) => error = Some(failed.kind),
            }
        }
        (pages, error)
    }

    fn inputs(canned: &Canned) -> Vec<Value> {
        canned.sent().iter().map(Sent::input).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_search_asks_its_region_for_a_small_page_and_then_for_large_ones() {
        let canned = Canned::new([page(&[], Some("a")), page(&[QUEUE, BUCKET], Some(""))]);
        let (pages, error) = search(&canned, &["sqs", "s3"]).await;
        assert_eq!((pages, error), (vec![vec![], vec![QUEUE.to_owned(), BUCKET.to_owned()]], None));
        let types = json!(["sqs", "s3"]);
        assert_eq!(inputs(&canned)[0], json!({"ResourcesPerPage": 10, "ResourceTypeFilters": types}));
        assert_eq!(
            inputs(&canned)[1],
            json!({"ResourcesPerPage": 100, "ResourceTypeFilters": types, "PaginationToken": "a"})
        );
        let sent = &canned.sent()[0];
        assert_eq!((sent.host(), sent.operation().as_str()), ("tagging.eu-west-2.amazonaws.com", "GetResources"));
        assert!(sent.header("authorization").contains("/eu-west-2/tagging/"));
    }

    #[tokio::test(start_paused = true)]
    async fn without_type_filters_none_are_sent_and_dropping_the_stream_stops_the_paging() {
        let canned = Canned::new([page(&[QUEUE], Some("a")), page(&[BUCKET], None)]);
        let world = world(&canned);
        let session = session(&world);
        let first = Box::pin(world.tagged_resources(&session, "eu-west-2", &[])).next().await;
        assert_eq!(first.unwrap().unwrap(), [QUEUE]);
        assert_eq!((inputs(&canned), canned.left()), (vec![json!({"ResourcesPerPage": 10})], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn repeated_and_alternating_tokens_end_the_search_with_an_error() {
        let same = Canned::new([page(&[], Some("a")), page(&[], Some("a"))]);
        assert_eq!(search(&same, &[]).await.1, Some(CallErrorKind::EndlessPages));
        let alternating = Canned::new([page(&[], Some("a")), page(&[], Some("b")), page(&[QUEUE], Some("a"))]);
        let (pages, error) = search(&alternating, &[]).await;
        assert_eq!((pages.len(), error), (3, Some(CallErrorKind::EndlessPages)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_expired_token_begins_the_region_again_once() {
        let expired = || json_error(400, "PaginationTokenExpiredException");
        let canned = Canned::new([page(&[], Some("a")), expired(), page(&[], Some("a")), page(&[QUEUE], Some(""))]);
        let (pages, error) = search(&canned, &[]).await;
        assert_eq!((pages.concat(), error), (vec![QUEUE.to_owned()], None));
        assert_eq!(inputs(&canned)[2], json!({"ResourcesPerPage": 10}));
        let twice = Canned::new([page(&[], Some("a")), expired(), page(&[], Some("a")), expired()]);
        assert_eq!(search(&twice, &[]).await.1, Some(CallErrorKind::Expired));
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_of_a_region_is_the_right_kind() {
        let cases = [
            (400, "AccessDeniedException", CallErrorKind::Denied),
            (400, "UnrecognizedClientException", CallErrorKind::RegionNotEnabled),
            (403, "InvalidClientTokenId", CallErrorKind::RegionNotEnabled),
            (403, "OptInRequired", CallErrorKind::RegionNotEnabled),
            (400, "ExpiredTokenException", CallErrorKind::Other),
            (400, "InvalidParameterException", CallErrorKind::Other),
        ];
        for (status, code, kind) in cases {
            assert_eq!(search(&Canned::new([json_error(status, code)]), &[]).await.1, Some(kind), "{code}");
        }
        for (status, code) in [(400, "ThrottledException"), (500, "InternalServiceException")] {
            let canned = Canned::new([json_error(status, code), page(&[QUEUE], None)]);
            assert_eq!(search(&canned, &[]).await, (vec![vec![QUEUE.to_owned()]], None), "{code} is repeated");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tags_in_bulk_are_those_of_all_pages_by_account() {
        let resource = |id: &str, tags: Value| json!({"ResourceARN": format!("arn:aws:organizations::111111111111:account/o-a1/{id}"), "Tags": tags});
        let first = resource("000000000001", json!([{"Key": "env", "Value": "prod"}, {"Key": "x", "Value": ""}]));
        let second = resource("000000000002", json!([]));
        let stranger = json!({"ResourceARN": BUCKET, "Tags": []});
        let root = json!({"ResourceARN": "arn:aws:organizations::111111111111:root/o-a1/r-1", "Tags": []});
        let canned = Canned::new([
            ok(json!({"ResourceTagMappingList": [first, stranger, root], "PaginationToken": "t"}).to_string()),
            ok(json!({"ResourceTagMappingList": [second], "PaginationToken": ""}).to_string()),
        ]);
        let world = world(&canned);
        let tags = world.tags_in_bulk(&session(&world), "us-east-1", |tags| tags).await.unwrap();
        let expected = BTreeMap::from([
            ("000000000001".parse().unwrap(), Tags::from([("env".into(), "prod".into()), ("x".into(), String::new())])),
            ("000000000002".parse().unwrap(), Tags::new()),
        ]);
        assert_eq!(tags, expected);
        assert_eq!(
            inputs(&canned)[0],
            json!({"ResourcesPerPage": 100, "ResourceTypeFilters": ["organizations:account"]})
        );
        assert_eq!(canned.sent()[0].host(), "tagging.us-east-1.amazonaws.com");
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_cannot_be_told_is_not_left_out() {
        let canned = Canned::new([page(&["arn:aws:organizations::111111111111:account/o-a1/12"], None)]);
        let world = world(&canned);
        let error = world.tags_in_bulk(&session(&world), "us-east-1", |tags| tags).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Other);
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_that_are_wrong_in_the_global_region_are_not_a_region_that_is_not_enabled() {
        let world = world(&Canned::new([json_error(400, "UnrecognizedClientException")]));
        let error = world.tags_in_bulk(&session(&world), "us-east-1", |tags| tags).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Denied);
    }
}
