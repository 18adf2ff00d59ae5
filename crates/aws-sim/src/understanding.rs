//! From a request to a call: which operation, whose credentials, which region.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::Method;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::http::request::Parts;

use crate::account::{AccountId, Layout};
use crate::call::{Call, Input};
use crate::operation::{Operation, Protocol};
use crate::region::Region;
use crate::s3;
use crate::server::Lost;
use crate::world::World;

/// The longest body that is read into memory: a mail of 40 MB with its attachments in base64.
const LONGEST_BODY: usize = 64 * 1_024 * 1_024;

/// Understands a request. The body of one to S3 is left to be received.
pub(crate) async fn understand(world: &World, head: &Parts, body: Incoming) -> Result<(Call, Option<Incoming>), Lost> {
    let (operation, protocol, input, body) = match target(head) {
        Target::Json(operation, name) => {
            let body = whole(body).await?;
            match operation {
                Operation::Unknown => (operation, Protocol::Json11, Input::Unknown(name.to_owned()), None),
                _ => (operation, operation.service().protocol(), Input::of_json(operation, &body), None),
            }
        }
        Target::Form => {
            let (operation, input) = Input::of_form(&whole(body).await?);
            (operation, Protocol::Query, input, None)
        }
        Target::S3 => {
            let (operation, input) = s3::operation_and_request(head);
            (operation, Protocol::RestXml, input, Some(body))
        }
    };
    for name in ["user-agent", "x-amz-user-agent"].iter().filter_map(|name| header(&head.headers, name)) {
        world.counters.called_by(name);
    }
    let signer = Signer::of(&head.headers);
    let assumed = signer.account.and_then(|account| Some((account, world.layout.place(account)?)));
    let first = Layout::first_account();
    let (caller, place) = assumed.unwrap_or((first, Layout::place_of_first_account()));
    let call = Call {
        operation,
        protocol,
        caller,
        is_assumed: assumed.is_some(),
        place,
        region: signer.region,
        about: input.names_account().filter(|account| world.layout.place(*account).is_some()).unwrap_or(caller),
        input,
        page_fault: None,
        request_id: world.next_request_id(),
        signature: ["authorization", "x-amz-security-token"]
            .map(|name| header(&head.headers, name).unwrap_or_default().to_owned()),
    };
    Ok((call, body))
}

/// Where a request says which operation it wants.
enum Target<'a> {
    /// In its head, with this name.
    Json(Operation, &'a str),
    /// In its body.
    Form,
    /// Method and path are the operation.
    S3,
}

fn target(head: &Parts) -> Target<'_> {
    if let Some(name) = header(&head.headers, "x-amz-target") {
        let operation = match name {
            "AWSOrganizationsV20161128.DescribeOrganization" => Operation::DescribeOrganization,
            "AWSOrganizationsV20161128.ListAccounts" => Operation::ListAccounts,
            "AWSOrganizationsV20161128.ListTagsForResource" => Operation::ListTagsForResource,
            "ResourceGroupsTaggingAPI_20170126.GetResources" => Operation::GetResources,
            "DynamoDB_20120810.Scan" => Operation::Scan,
            _ => Operation::Unknown,
        };
        return Target::Json(operation, name);
    }
    match (&head.method, head.uri.path()) {
        (&Method::POST, path @ "/listRegions") => Target::Json(Operation::ListRegions, path),
        (&Method::POST, path @ "/v2/email/outbound-emails") => Target::Json(Operation::SendEmail, path),
        (&Method::POST, "/") if is_form(&head.headers) => Target::Form,
        _ => Target::S3,
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    header(headers, "content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn whole(body: Incoming) -> Result<Bytes, Lost> {
    let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(|_| Lost)?;
    Ok(body.to_bytes())
}

/// Who signed a request, for which region.
#[derive(Debug, PartialEq, Eq)]
struct Signer {
    /// The account of the session; none for keys that the stand-in did not give out.
    account: Option<AccountId>,
    /// None where it is not the name of a region.
    region: Option<Region>,
}

impl Signer {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`; the signature is not looked at.
    fn of(headers: &HeaderMap) -> Self {
        let scope = header(headers, "authorization").and_then(|value| value.split_once("Credential="));
        let Some((_, scope)) = scope else { return Self { account: None, region: Some(Region::US_EAST_1) } };
        let mut fields = scope.split([',', ' ']).next().unwrap_or_default().split('/');
        let access_key_id = fields.next().unwrap_or_default();
        Self { account: AccountId::of_access_key_id(access_key_id), region: fields.nth(1).and_then(Region::of_name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_names_account_and_region() {
        let signer = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", value.parse().unwrap());
            Signer::of(&headers)
        };
        let account = AccountId::new(0, 7);
        let key = account.access_key_id();
        let scope = |key: &str, region: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key}/20261121/{region}/iam/aws4_request, SignedHeaders=host, Signature=0"
            )
        };
        let (dublin, first) = (Region::of_name("eu-west-1"), Some(Region::US_EAST_1));
        assert_eq!(signer(&scope(&key, "eu-west-1")), Signer { account: Some(account), region: dublin });
        assert_eq!(signer(&scope("AKIATEST", "us-east-1")), Signer { account: None, region: first });
        assert_eq!(signer(&scope("AKIATEST", "moon-1")), Signer { account: None, region: None });
        assert_eq!(signer("Bearer x"), Signer { account: None, region: first });
        assert_eq!(Signer::of(&HeaderMap::new()), Signer { account: None, region: first });
    }
}
