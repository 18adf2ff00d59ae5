//! Tenants: which items of the tenants table name an Organization to scan, and why the others do not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::account::AccountId;

/// Attribute → the values that let an item through. Sent to DynamoDB as a filter expression: all attributes must
/// match, each with any one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantFilter(pub BTreeMap<String, Vec<String>>);

/// An attribute of an item, as far as it matters here.
#[derive(Clone, PartialEq, Eq)]
pub enum Attribute {
    /// The item does not have it.
    Absent,
    /// A string.
    Text(String),
    /// Anything but a string, by its DynamoDB type (`N`, `BOOL`, …).
    OtherType(&'static str),
}

impl fmt::Debug for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An attribute may be an external id, which is a secret between two parties.
        formatter.write_str(match self {
            Self::Absent => "Absent",
            Self::Text(_) => "Text",
            Self::OtherType(_) => "OtherType",
        })
    }
}

/// One item of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantItem {
    /// `tenant_id`, which should be the id of a management account.
    pub tenant_id: Attribute,
    /// `external_id`, which overrides the setting for this tenant.
    pub external_id: Attribute,
}

/// A tenant whose Organization is to be scanned.
#[derive(Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The management account of its Organization.
    pub management_account: AccountId,
    /// The external id for its roles, where the item has one.
    pub external_id: Option<String>,
}

impl fmt::Debug for Tenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tenant").field("management_account", &self.management_account).finish_non_exhaustive()
    }
}

/// Why a tenant is rejected that only the event knows.
const UNKNOWN: &str = "the event names it, and no active tenant has this tenant_id";

/// A tenant that is not scanned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RejectedTenant {
    /// Its `tenant_id` as the table has it; empty where it has none that is text.
    pub tenant_id: String,
    /// Why, as a sentence fragment.
    pub reason: String,
}

impl RejectedTenant {
    /// Whether the event names it, and the table does not have it.
    pub fn is_unknown(&self) -> bool {
        self.reason == UNKNOWN
    }
}

/// What the items of a table come down to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelectedTenants {
    /// One per management account, sorted by it.
    pub tenants: Vec<Tenant>,
    /// The items that name none, sorted.
    pub rejected: Vec<RejectedTenant>,
}

/// Sorts items into tenants and rejected ones.
///
/// Of several items with the same `tenant_id` the first counts. One with another external id is rejected, since only
/// one of them can be right. `only` keeps the tenants it names (an event's `tenant_ids`); one it names that is in no
/// item is rejected, so that a typing error does not look like a complete run.
pub fn select(items: Vec<TenantItem>, only: Option<&BTreeSet<AccountId>>) -> SelectedTenants {
    let mut tenants: BTreeMap<AccountId, Tenant> = BTreeMap::new();
    let mut rejected = Vec::new();
    for item in items {
        let (tenant_id, management_account) = match identify(item.tenant_id) {
            Ok(identified) => identified,
            Err(rejection) => {
                if only.is_none() {
                    rejected.push(rejection);
                }
                continue;
            }
        };
        if only.is_some_and(|only| !only.contains(&management_account)) {
            continue;
        }
        let external_id = match item.external_id {
            Attribute::Absent => None,
            Attribute::Text(text) if text.is_empty() => None,
            Attribute::Text(text) if is_external_id(&text) => Some(text),
            Attribute::Text(_) => {
                rejected.push(RejectedTenant {
                    tenant_id,
                    reason: "external_id is not 2 to 1224 characters of letters, digits and _+=,.@:/-".into(),
                });
                continue;
            }
            Attribute::OtherType(kind) => {
                rejected.push(RejectedTenant {
                    tenant_id,
                    reason: format!("external_id has the DynamoDB type {kind} where a string is expected"),
                });
                continue;
            }
        };
        let tenant = Tenant { management_account, external_id };
        match tenants.get(&management_account) {
            None => {
                tenants.insert(management_account, tenant);
            }
            Some(first) if first.external_id == tenant.external_id => {}
            Some(_) => rejected.push(RejectedTenant {
                tenant_id,
                reason: "a second item has the same tenant_id and another external_id; the first one counts".into(),
            }),
        }
    }
    for id in only.into_iter().flatten() {
        let known = tenants.contains_key(id) || rejected.iter().any(|other| other.tenant_id == id.to_string());
        if !known {
            rejected.push(RejectedTenant { tenant_id: id.to_string(), reason: UNKNOWN.into() });
        }
    }
    rejected.sort();
    SelectedTenants { tenants: tenants.into_values().collect(), rejected }
}

fn identify(tenant_id: Attribute) -> Result<(String, AccountId), RejectedTenant> {
    let reject = |tenant_id: String, reason: String| RejectedTenant { tenant_id, reason };
    match tenant_id {
        Attribute::Absent => Err(reject(String::new(), "the item has no tenant_id".into())),
        Attribute::OtherType(kind) => Err(reject(
            String::new(),
            format!("tenant_id has the DynamoDB type {kind} where a string of 12 digits is expected"),
        )),
        Attribute::Text(text) => match text.parse() {
            Ok(id) => Ok((text, id)),
            Err(_) => Err(reject(text, "tenant_id is not an account id of 12 digits".into())),
        },
    }
}

/// Whether STS takes the text as an external id: 2 to 1,224 of `[\w+=,.@:\/-]` (STS API reference, AssumeRole).
pub fn is_external_id(text: &str) -> bool {
    (2..=1224).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(tenant_id: &str) -> TenantItem {
        TenantItem { tenant_id: Attribute::Text(tenant_id.into()), external_id: Attribute::Absent }
    }

    fn reasons(selected: &SelectedTenants) -> Vec<(&str, &str)> {
        selected.rejected.iter().map(|one| (one.tenant_id.as_str(), one.reason.as_str())).collect()
    }

    #[test]
    fn items_become_one_tenant_per_management_account_in_order() {
        let selected = select(vec![item("222222222222"), item("111111111111"), item("222222222222")], None);
        let ids: Vec<String> = selected.tenants.iter().map(|one| one.management_account.to_string()).collect();
        assert_eq!(ids, ["111111111111", "222222222222"]);
        assert_eq!(selected.rejected, []);
    }

    #[test]
    fn an_item_without_a_usable_id_is_rejected_with_its_reason() {
        let absent = TenantItem { tenant_id: Attribute::Absent, external_id: Attribute::Absent };
        let number = TenantItem { tenant_id: Attribute::OtherType("N"), external_id: Attribute::Absent };
        let selected = select(vec![absent, number, item("12345"), item(" 111111111111")], None);
        assert_eq!(selected.tenants, []);
        assert_eq!(
            reasons(&selected),
            [
                ("", "tenant_id has the DynamoDB type N where a string of 12 digits is expected"),
                ("", "the item has no tenant_id"),
                (" 111111111111", "tenant_id is not an account id of 12 digits"),
                ("12345", "tenant_id is not an account id of 12 digits"),
            ]
        );
    }

    #[test]
    fn an_external_id_belongs_to_its_tenant_and_a_second_one_is_rejected() {
        let with = |external_id: &str| TenantItem {
            tenant_id: Attribute::Text("111111111111".into()),
            external_id: Attribute::Text(external_id.into()),
        };
        let selected = select(vec![with("first-one"), with("other-one"), with("x")], None);
        assert_eq!(selected.tenants.first().and_then(|one| one.external_id.as_deref()), Some("first-one"));
        assert_eq!(selected.rejected.len(), 2);
        assert!(!format!("{selected:?}").contains("first-one"), "an external id is never shown");
    }

    #[test]
    fn an_event_narrows_the_tenants_and_a_name_it_gets_wrong_is_rejected() {
        let only: BTreeSet<AccountId> = ["111111111111", "999999999999"].iter().flat_map(|id| id.parse()).collect();
        let selected = select(vec![item("111111111111"), item("222222222222"), item("broken")], Some(&only));
        assert_eq!(selected.tenants.len(), 1);
        assert_eq!(
            reasons(&selected),
            [("999999999999", "the event names it, and no active tenant has this tenant_id")]
        );
    }

    #[test]
    fn an_external_id_has_between_2_and_1224_allowed_characters() {
        for (text, valid) in [
            ("a".to_owned(), false),
            ("ab".to_owned(), true),
            ("a b".to_owned(), false),
            ("a".repeat(1224), true),
            ("a".repeat(1225), false),
            ("_+=,.@:/-9Z".to_owned(), true),
        ] {
            assert_eq!(is_external_id(&text), valid, "{}", text.len());
        }
    }
}
