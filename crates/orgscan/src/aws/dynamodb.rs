//! `DynamoDB`: the tenants table.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::TryStreamExt;

use super::World;
use super::error::call_error;
use crate::error::CallError;
use crate::paging::{PageToken, pages};
use crate::ports::{TenantScan, Tenants};
use crate::tenant::{Attribute, TenantFilter, TenantItem};

const SCAN: &str = "dynamodb:Scan";

/// How many values `IN` takes ("Condition and filter expressions, operators, and functions", `DynamoDB` developer guide).
const VALUES_PER_IN: usize = 100;

type Item = HashMap<String, AttributeValue>;

/// Where the next page of a scan begins.
#[derive(Clone)]
struct StartKey(Item);

impl PageToken for StartKey {
    fn identity(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!("{:?}", self.0.iter().collect::<BTreeMap<_, _>>()) }
    }
}

impl Tenants for World {
    async fn scan_tenants(&self, table: &str, filter: &TenantFilter) -> Result<TenantScan, CallError> {
        let expression = Expression::of(filter);
        let request = Client::new(&self.config)
            .scan()
            .table_name(table)
            .projection_expression("#tenant_id, #external_id")
            .set_filter_expression(expression.text)
            .set_expression_attribute_names(Some(expression.names))
            .set_expression_attribute_values(expression.values);
        let read = pages(SCAN, |start: Option<StartKey>| {
            let request = request.clone().set_exclusive_start_key(start.map(|start| start.0));
            async move {
                let attempt = || {
                    let sent = Box::pin(request.clone().send());
                    async { sent.await.map_err(|error| call_error(SCAN, &error)) }
                };
                let answer = self.gate.call(SCAN, None, attempt).await?;
                let scanned = u64::try_from(answer.scanned_count).unwrap_or_default();
                Ok(((scanned, answer.items.unwrap_or_default()), answer.last_evaluated_key.map(StartKey)))
            }
        });
        let mut scan = TenantScan::default();
        let mut read = std::pin::pin!(read);
        while let Some((scanned, items)) = read.try_next().await? {
            scan.scanned += scanned;
            scan.items.extend(items.into_iter().map(|mut item| TenantItem {
                tenant_id: attribute(item.remove("tenant_id")),
                external_id: attribute(item.remove("external_id")),
            }));
        }
        Ok(scan)
    }
}

/// A filter as `DynamoDB` takes it. Names are never written out, since some of them are reserved words.
struct Expression {
    text: Option<String>,
    names: HashMap<String, String>,
    values: Option<Item>,
}

impl Expression {
    fn of(filter: &TenantFilter) -> Self {
        let mut names = HashMap::from([
            ("#tenant_id".to_owned(), "tenant_id".to_owned()),
            ("#external_id".to_owned(), "external_id".to_owned()),
        ]);
        let mut values = Item::new();
        let mut conditions = Vec::new();
        for (index, (name, wanted)) in filter.0.iter().enumerate() {
            let placeholder = format!("#a{index}");
            let holders: Vec<String> = (0..wanted.len()).map(|number| format!(":a{index}v{number}")).collect();
            values.extend(holders.iter().cloned().zip(wanted.iter().cloned().map(AttributeValue::S)));
            conditions.push(match holders.as_slice() {
                [only] => format!("{placeholder} = {only}"),
                several => {
                    let groups: Vec<String> = several
                        .chunks(VALUES_PER_IN)
                        .map(|group| format!("{placeholder} IN ({})", group.join(", ")))
                        .collect();
                    format!("({})", groups.join(" OR "))
                }
            });
            names.insert(placeholder, name.clone());
        }
        let text = (!conditions.is_empty()).then(|| conditions.join(" AND "));
        Self { text, names, values: (!values.is_empty()).then_some(values) }
    }
}

fn attribute(value: Option<AttributeValue>) -> Attribute {
    match value {
        None => Attribute::Absent,
        Some(AttributeValue::S(text)) => Attribute::Text(text),
        Some(AttributeValue::N(_)) => Attribute::OtherType("N"),
        Some(AttributeValue::Bool(_)) => Attribute::OtherType("BOOL"),
        Some(AttributeValue::Null(_)) => Attribute::OtherType("NULL"),
        Some(AttributeValue::B(_)) => Attribute::OtherType("B"),
        Some(AttributeValue::M(_)) => Attribute::OtherType("M"),
        Some(AttributeValue::L(_)) => Attribute::OtherType("L"),
        Some(AttributeValue::Ss(_)) => Attribute::OtherType("SS"),
        Some(AttributeValue::Ns(_)) => Attribute::OtherType("NS"),
        Some(AttributeValue::Bs(_)) => Attribute::OtherType("BS"),
        Some(_) => Attribute::OtherType("unknown"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::canned::{Answer, Canned, json_error, ok, world};
    use crate::error::CallErrorKind;

    fn page(items: &Value, scanned: u32, key: &Value) -> Answer {
        let count = items.as_array().map_or(0, Vec::len);
        ok(json!({"Items": items, "Count": count, "ScannedCount": scanned, "LastEvaluatedKey": key}).to_string())
    }

    fn filter(pairs: &[(&str, &[&str])]) -> TenantFilter {
        let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        TenantFilter(pairs.iter().map(|(name, values)| ((*name).to_owned(), owned(values))).collect())
    }

    async fn scan(canned: &Canned, filter: &TenantFilter) -> Result<TenantScan, CallErrorKind> {
        world(canned).scan_tenants("tenants", filter).await.map_err(|error| error.kind)
    }

    #[tokio::test(start_paused = true)]
    async fn the_filter_names_attributes_and_values_apart() {
        let canned = Canned::new([page(&json!([]), 0, &Value::Null)]);
        scan(&canned, &filter(&[("status", &["Active", "Trial"]), ("type", &["Cloud Usage"])])).await.unwrap();
        let sent = canned.only();
        assert_eq!(sent.operation(), "Scan");
        assert_eq!(
            sent.input(),
            json!({
                "TableName": "tenants",
                "ProjectionExpression": "#tenant_id, #external_id",
                "FilterExpression": "(#a0 IN (:a0v0, :a0v1)) AND #a1 = :a1v0",
                "ExpressionAttributeNames": {
                    "#tenant_id": "tenant_id", "#external_id": "external_id", "#a0": "status", "#a1": "type"
                },
                "ExpressionAttributeValues": {
                    ":a0v0": {"S": "Active"}, ":a0v1": {"S": "Trial"}, ":a1v0": {"S": "Cloud Usage"}
                }
            })
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_filter_sends_no_expression() {
        let canned = Canned::new([page(&json!([]), 0, &Value::Null)]);
        scan(&canned, &filter(&[])).await.unwrap();
        let input = canned.only().input();
        assert_eq!((input.get("FilterExpression"), input.get("ExpressionAttributeValues")), (None, None));
    }

    #[test]
    fn more_values_than_in_takes_are_split() {
        let values: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let expression = Expression::of(&TenantFilter(BTreeMap::from([("a".to_owned(), values)])));
        let text = expression.text.unwrap();
        assert!(text.contains(":a0v99) OR #a0 IN (:a0v100)"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn every_page_is_read_filtered_empty_ones_too_and_all_that_was_scanned_is_counted() {
        let key = |id: &str| json!({"tenant_id": {"S": id}});
        let canned = Canned::new([
            page(&json!([]), 90, &key("k1")),
            page(&json!([{"tenant_id": {"S": "1"}, "external_id": {"S": "secret"}}]), 7, &key("k2")),
            page(&json!([{"tenant_id": {"N": "2"}}, {}, {"tenant_id": {"NULL": true}}]), 3, &Value::Null),
        ]);
        let scan = scan(&canned, &filter(&[])).await.unwrap();
        assert_eq!(scan.scanned, 100);
        let item = |tenant_id, external_id| TenantItem { tenant_id, external_id };
        let text = |text: &str| Attribute::Text(text.to_owned());
        assert_eq!(
            scan.items,
            [
                item(text("1"), text("secret")),
                item(Attribute::OtherType("N"), Attribute::Absent),
                item(Attribute::Absent, Attribute::Absent),
                item(Attribute::OtherType("NULL"), Attribute::Absent),
            ]
        );
        assert_eq!(canned.sent()[1].input()["ExclusiveStartKey"], key("k1"));
        assert_eq!(canned.sent()[2].input()["ExclusiveStartKey"], key("k2"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_comes_again_is_an_error() {
        let key = json!({"a": {"S": "1"}, "b": {"N": "2"}});
        let canned = Canned::new([page(&json!([]), 1, &key), page(&json!([]), 1, &key)]);
        assert_eq!(scan(&canned, &filter(&[])).await, Err(CallErrorKind::EndlessPages));
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_of_dynamodb_is_the_right_kind() {
        let cases = [
            (400, "ResourceNotFoundException", CallErrorKind::NotFound),
            (400, "AccessDeniedException", CallErrorKind::Denied),
            (400, "ValidationException", CallErrorKind::Other),
        ];
        for (status, code, kind) in cases {
            assert_eq!(scan(&Canned::new([json_error(status, code)]), &filter(&[])).await, Err(kind), "{code}");
        }
        for code in ["ProvisionedThroughputExceededException", "ThrottlingException", "InternalServerError"] {
            let canned = Canned::new([json_error(400, code), page(&json!([]), 5, &Value::Null)]);
            assert_eq!(scan(&canned, &filter(&[])).await.unwrap().scanned, 5, "{code} is repeated");
        }
    }
}
