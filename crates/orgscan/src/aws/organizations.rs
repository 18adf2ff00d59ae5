//! Organizations: the Organization, its accounts and their tags.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_organizations::config::http::HttpResponse;
use aws_sdk_organizations::error::SdkError;
use aws_sdk_organizations::operation::list_accounts::ListAccountsError;
use aws_sdk_organizations::types;
use futures::stream::{Stream, TryStreamExt};

use super::error::{call_error, unreadable};
use super::{Session, World, tagging};
use crate::account::{Account, AccountId, AccountState, OrgId, Organization};
use crate::error::{CallError, CallErrorKind};
use crate::paging::pages;
use crate::ports::{Organizations, Tags};

const DESCRIBE_ORGANIZATION: &str = "organizations:DescribeOrganization";
const LIST_ACCOUNTS: &str = "organizations:ListAccounts";
const LIST_TAGS: &str = "organizations:ListTagsForResource";

/// The most that `ListAccounts` takes.
const ACCOUNTS_PER_PAGE: i32 = 20;

impl Organizations for World {
    async fn organization(&self, session: &Session) -> Result<Organization, CallError> {
        let request = session.organizations().describe_organization();
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(session.signed_for_organizations()).send());
            async { sent.await.map_err(|error| call_error(DESCRIBE_ORGANIZATION, &error)) }
        };
        let quota = &session.quotas().describe_organization;
        let answer = self.gate.call(DESCRIBE_ORGANIZATION, Some(quota), attempt).await?;
        let organization = answer.organization();
        let id = organization.and_then(types::Organization::id).filter(|id| !id.is_empty());
        let management_account = organization.and_then(|it| it.master_account_id()).and_then(|id| id.parse().ok());
        match (id, management_account) {
            (Some(id), Some(management_account)) => Ok(Organization { id: OrgId::new(id), management_account }),
            _ => Err(unreadable(DESCRIBE_ORGANIZATION, "the answer has no id or no management account")),
        }
    }

    fn accounts(&self, session: &Session) -> impl Stream<Item = Result<Vec<Account>, CallError>> + Send {
        let mut seen = HashSet::new();
        pages(LIST_ACCOUNTS, move |token: Option<String>| async move {
            let request = session.organizations().list_accounts();
            let request = request.max_results(ACCOUNTS_PER_PAGE).set_next_token(token);
            let attempt = || {
                let sent =
                    Box::pin(request.clone().customize().config_override(session.signed_for_organizations()).send());
                async { sent.await.map_err(|error| listing_error(&error)) }
            };
            let answer = self.gate.call(LIST_ACCOUNTS, Some(&session.quotas().list_accounts), attempt).await?;
            let accounts = answer.accounts().iter().map(account_of).collect::<Result<Vec<_>, _>>()?;
            Ok((accounts, answer.next_token))
        })
        // A listing that began again answers its first accounts a second time.
        .map_ok(move |page: Vec<Account>| page.into_iter().filter(|account| seen.insert(account.id)).collect())
    }

    async fn tags_in_bulk<T: Send>(
        &self,
        session: &Session,
        region: &str,
        keep: impl Fn(Tags) -> T + Send + Sync,
    ) -> Result<BTreeMap<AccountId, T>, CallError> {
        tagging::tags_of_accounts(&self.gate, session, region, keep).await
    }

    async fn tags_of_account(&self, session: &Session, account: AccountId) -> Result<Tags, CallError> {
        let read = pages(LIST_TAGS, |token: Option<String>| async move {
            let request = session.organizations().list_tags_for_resource();
            let request = request.resource_id(account.to_string()).set_next_token(token);
            let attempt = || {
                let sent =
                    Box::pin(request.clone().customize().config_override(session.signed_for_organizations()).send());
                async { sent.await.map_err(|error| call_error(LIST_TAGS, &error)) }
            };
            let answer = self.gate.call(LIST_TAGS, Some(&session.quotas().list_tags), attempt).await?;
            Ok((answer.tags.unwrap_or_default(), answer.next_token))
        });
        let mut tags = Tags::new();
        let mut read = std::pin::pin!(read);
        while let Some(page) = read.try_next().await? {
            tags.extend(page.into_iter().map(|tag| (tag.key, tag.value)));
        }
        Ok(tags)
    }
}

/// A token that `ListAccounts` does not take any more has expired, whatever the service calls it.
fn listing_error(error: &SdkError<ListAccountsError, HttpResponse>) -> CallError {
    let mut failed = call_error(LIST_ACCOUNTS, error);
    if let Some(ListAccountsError::InvalidInputException(invalid)) = error.as_service_error()
        && invalid.reason == Some(types::InvalidInputExceptionReason::InvalidPaginationToken)
    {
        failed.kind = CallErrorKind::Expired;
    }
    failed
}

fn account_of(answered: &types::Account) -> Result<Account, CallError> {
    let Some(id) = answered.id().and_then(|id| id.parse().ok()) else {
        return Err(unreadable(LIST_ACCOUNTS, "an account has no id"));
    };
    let status = answered.status().map(types::AccountStatus::as_str);
    Ok(Account {
        id,
        name: answered.name().unwrap_or_default().to_owned(),
        state: AccountState::from_answer(answered.state().map(types::AccountState::as_str), status),
        ou_path: Account::ou_path_of(answered.paths(), id),
    })
}

#[cfg(test)]
mod tests {
    use futures::stream::StreamExt;
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::canned::{Answer, Canned, json_error, ok, session, world};

    fn page(ids: &[&str], token: Option<&str>) -> Answer {
        let accounts: Vec<Value> =
            ids.iter().map(|id| json!({"Id": id, "Name": format!("name of {id}"), "State": "ACTIVE"})).collect();
        ok(json!({"Accounts": accounts, "NextToken": token}).to_string())
    }

    const FIRST: &str = "000000000001";
    const SECOND: &str = "000000000002";
    const THIRD: &str = "000000000003";

    /// The ids of each page, and the error at the end.
    async fn list(canned: &Canned) -> (Vec<Vec<String>>, Option<CallErrorKind>) {
        let world = world(canned);
        let session = session(&world);
        let answered: Vec<_> = world.accounts(&session).collect().await;
        let mut pages = Vec::new();
        let mut error = None;
        for page in answered {
            match page {
                Ok(page) => pages.push(page.iter().map(|account| account.id.to_string()).collect()),
                Err(failed) => error = Some(failed.kind),
            }
        }
        (pages, error)
    }

    #[tokio::test(start_paused = true)]
    async fn an_organization_is_its_id_and_management_account() {
        let canned = Canned::new([ok(json!({"Organization": {"Id": "o-a1", "MasterAccountId": FIRST}}).to_string())]);
        let world = world(&canned);
        let organization = world.organization(&session(&world)).await.unwrap();
        assert_eq!((organization.id.as_str(), organization.management_account.to_string()), ("o-a1", FIRST.into()));
        assert_eq!(canned.only().operation(), "DescribeOrganization");
        assert_eq!(canned.only().host(), "organizations.us-east-1.amazonaws.com", "the partition's global region");
    }

    #[tokio::test(start_paused = true)]
    async fn an_organization_without_a_management_account_is_an_error() {
        let world = world(&Canned::new([ok(json!({"Organization": {"Id": "o-a1"}}).to_string())]));
        assert_eq!(world.organization(&session(&world)).await.unwrap_err().kind, CallErrorKind::Other);
    }

    #[tokio::test(start_paused = true)]
    async fn all_pages_are_listed_and_an_empty_one_is_not_the_last() {
        let canned = Canned::new([page(&[FIRST], Some("a")), page(&[], Some("b")), page(&[SECOND], None)]);
        let (pages, error) = list(&canned).await;
        assert_eq!((pages, error), (vec![vec![FIRST.to_owned()], vec![], vec![SECOND.to_owned()]], None));
        let inputs: Vec<Value> = canned.sent().iter().map(crate::aws::canned::Sent::input).collect();
        assert_eq!(inputs[0], json!({"MaxResults": 20}));
        assert_eq!(inputs[2], json!({"MaxResults": 20, "NextToken": "b"}));
        assert_eq!(canned.sent()[0].operation(), "ListAccounts");
    }

    #[tokio::test(start_paused = true)]
    async fn repeated_and_alternating_tokens_end_the_listing_with_an_error() {
        let same = Canned::new([page(&[FIRST], Some("a")), page(&[SECOND], Some("a"))]);
        assert_eq!(list(&same).await.1, Some(CallErrorKind::EndlessPages));
        let alternating = [page(&[FIRST], Some("a")), page(&[SECOND], Some("b")), page(&[THIRD], Some("a"))];
        let (pages, error) = list(&Canned::new(alternating)).await;
        assert_eq!((pages.len(), error), (3, Some(CallErrorKind::EndlessPages)));
        assert_eq!(list(&Canned::new([page(&[FIRST], Some(""))])).await.1, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_not_taken_any_more_begins_again_and_no_account_comes_twice() {
        let body = json!({"__type": "InvalidInputException", "Message": "m", "Reason": "INVALID_NEXT_TOKEN"});
        let invalid = Answer::Http(400, Vec::new(), body.to_string());
        let canned =
            Canned::new([page(&[FIRST], Some("a")), invalid, page(&[FIRST], Some("a")), page(&[SECOND], None)]);
        let (pages, error) = list(&canned).await;
        assert_eq!((pages.concat(), error), (vec![FIRST.to_owned(), SECOND.to_owned()], None));
        assert_eq!(list(&Canned::new([json_error(400, "InvalidInputException")])).await.1, Some(CallErrorKind::Other));
    }

    #[tokio::test(start_paused = true)]
    async fn state_wins_status_stands_in_and_neither_is_not_answered() {
        let account = |fields: Value| {
            let mut account = json!({"Id": FIRST, "Name": "n"});
            account.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            ok(json!({"Accounts": [account]}).to_string())
        };
        let cases = [
            (json!({"State": "CLOSED", "Status": "SUSPENDED"}), AccountState::Closed),
            (json!({"Status": "PENDING_CLOSURE"}), AccountState::PendingClosure),
            (json!({"State": "HIBERNATING"}), AccountState::Other("HIBERNATING".into())),
            (json!({}), AccountState::NotAnswered),
        ];
        for (fields, state) in cases {
            let world = world(&Canned::new([account(fields)]));
            let session = session(&world);
            let page = Box::pin(world.accounts(&session)).next().await.unwrap().unwrap();
            assert_eq!(page[0].state, state);
            assert_eq!(page[0].ou_path, "");
        }
        let paths = json!({"State": "ACTIVE", "Paths": [format!("o-a1/r-b2/ou-b2-c3/{FIRST}/")]});
        let world = world(&Canned::new([account(paths)]));
        let session = session(&world);
        let page = Box::pin(world.accounts(&session)).next().await.unwrap().unwrap();
        assert_eq!(page[0].ou_path, "o-a1/r-b2/ou-b2-c3/");
    }

    #[tokio::test(start_paused = true)]
    async fn tags_of_all_pages_are_one_map() {
        let canned = Canned::new([
            ok(json!({"Tags": [{"Key": "Environment", "Value": "prod"}], "NextToken": "t"}).to_string()),
            ok(json!({"Tags": [{"Key": "empty", "Value": ""}]}).to_string()),
        ]);
        let world = world(&canned);
        let tags = world.tags_of_account(&session(&world), FIRST.parse().unwrap()).await.unwrap();
        assert_eq!(tags, Tags::from([("Environment".into(), "prod".into()), ("empty".into(), String::new())]));
        let sent = canned.sent();
        assert_eq!(sent[0].input(), json!({"ResourceId": FIRST}));
        assert_eq!(sent[1].input(), json!({"ResourceId": FIRST, "NextToken": "t"}));
        assert_eq!(sent[0].operation(), "ListTagsForResource");
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_of_organizations_is_the_right_kind() {
        let cases = [
            (400, "AccessDeniedException", CallErrorKind::Denied),
            (400, "AWSOrganizationsNotInUseException", CallErrorKind::NotInOrganization),
            (400, "TargetNotFoundException", CallErrorKind::NotFound),
            (400, "ValidationException", CallErrorKind::Other),
            // A region without meaning for a global service: the credentials themselves are wrong.
            (400, "UnrecognizedClientException", CallErrorKind::Denied),
        ];
        for (status, code, kind) in cases {
            let world = world(&Canned::new([json_error(status, code)]));
            let session = session(&world);
            let error = world.tags_of_account(&session, FIRST.parse().unwrap()).await.unwrap_err();
            assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
        }
        for code in ["TooManyRequestsException", "ServiceException", "ConcurrentModificationException"] {
            let canned = Canned::new([json_error(400, code), page(&[FIRST], None)]);
            assert_eq!(list(&canned).await, (vec![vec![FIRST.to_owned()]], None), "{code} is repeated");
        }
    }
}
