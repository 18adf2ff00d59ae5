//! Account Management: the regions an account has enabled.

use aws_sdk_account::types::RegionOptStatus;
use futures::stream::{Stream, TryStreamExt};

use super::error::call_error;
use super::{Session, World, tagging};
use crate::error::CallError;
use crate::paging::pages;
use crate::ports::Regions;

const LIST_REGIONS: &str = "account:ListRegions";

/// The most that `ListRegions` takes.
const REGIONS_PER_PAGE: i32 = 50;

impl Regions for World {
    async fn enabled_regions(&self, session: &Session) -> Result<Vec<String>, CallError> {
        let read = pages(LIST_REGIONS, |token: Option<String>| async move {
            // Without an account id it answers for the session's own account, which needs no delegation.
            let request = session
                .account()
                .list_regions()
                .region_opt_status_contains(RegionOptStatus::Enabled)
                .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
                .max_results(REGIONS_PER_PAGE)
                .set_next_token(token);
            let attempt = || {
                let sent = Box::pin(request.clone().customize().config_override(session.signed_for_account()).send());
                async { sent.await.map_err(|error| call_error(LIST_REGIONS, &error)) }
            };
            let answer = self.gate.call(LIST_REGIONS, Some(&session.quotas().list_regions), attempt).await?;
            Ok((answer.regions.unwrap_or_default(), answer.next_token))
        });
        let mut regions = Vec::new();
        let mut read = std::pin::pin!(read);
        while let Some(page) = read.try_next().await? {
            // Not every stand-in for AWS filters.
            let enabled = page.into_iter().filter(|region| {
                matches!(region.region_opt_status, Some(RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault))
            });
            regions.extend(enabled.filter_map(|region| region.region_name));
        }
        regions.sort_unstable();
        regions.dedup();
        Ok(regions)
    }

    fn tagged_resources(
        &self,
        session: &Session,
        region: &str,
        resource_types: &[String],
    ) -> impl Stream<Item = Result<Vec<String>, CallError>> + Send {
        tagging::tagged_resources(&self.gate, session, region, resource_types)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::canned::{Answer, Canned, json_error, ok, session, world};
    use crate::error::CallErrorKind;

    fn page(regions: &[(&str, &str)], token: Option<&str>) -> Answer {
        let regions: Vec<Value> =
            regions.iter().map(|(name, status)| json!({"RegionName": name, "RegionOptStatus": status})).collect();
        ok(json!({"Regions": regions, "NextToken": token}).to_string())
    }

    async fn ask(canned: &Canned) -> Result<Vec<String>, CallErrorKind> {
        let world = world(canned);
        world.enabled_regions(&session(&world)).await.map_err(|error| error.kind)
    }

    #[tokio::test(start_paused = true)]
    async fn only_enabled_regions_of_all_pages_are_answered_and_sorted() {
        let canned = Canned::new([
            page(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("eu-south-1", "DISABLED")], Some("t")),
            page(&[("af-south-1", "ENABLED"), ("ap-east-1", "ENABLING"), ("us-east-1", "ENABLED")], None),
        ]);
        assert_eq!(ask(&canned).await.unwrap(), ["af-south-1", "us-east-1"]);
        let input = canned.sent()[0].input();
        assert_eq!(input, json!({"MaxResults": 50, "RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}));
        assert_eq!(canned.sent()[1].input()["NextToken"], "t");
        assert_eq!(canned.sent()[0].path(), "/listRegions");
    }

    #[tokio::test(start_paused = true)]
    async fn repeated_tokens_are_an_error_and_no_shorter_list() {
        let canned = Canned::new([page(&[], Some("t")), page(&[], Some("t"))]);
        assert_eq!(ask(&canned).await, Err(CallErrorKind::EndlessPages));
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_is_the_right_kind() {
        let cases = [
            (json_error(403, "AccessDeniedException"), CallErrorKind::Denied),
            (json_error(400, "ValidationException"), CallErrorKind::Other),
            (Answer::Http(404, Vec::new(), "<!doctype html><title>404</title>".into()), CallErrorKind::Other),
            (Answer::Http(501, Vec::new(), String::new()), CallErrorKind::Unavailable),
            (Answer::Http(200, Vec::new(), "<!doctype html><title>proxy</title>".into()), CallErrorKind::Unavailable),
        ];
        for (answer, kind) in cases {
            let canned = Canned::new(vec![answer.clone(); 7]);
            assert_eq!(ask(&canned).await, Err(kind), "{answer:?}");
        }
        for (status, code) in [(429, "TooManyRequestsException"), (500, "InternalServerException")] {
            let canned = Canned::new([json_error(status, code), page(&[("us-east-1", "ENABLED")], None)]);
            assert_eq!(ask(&canned).await.unwrap(), ["us-east-1"], "{code} is repeated");
        }
    }
}
