//! The tenants table in memory.

use std::collections::BTreeMap;

use crate::error::{CallError, CallErrorKind};
use crate::ports::{TenantScan, Tenants};
use crate::tenant::{Attribute, TenantFilter, TenantItem};

use super::calls::failed;
use super::{MemoryWorld, Request};

/// An item of the tenants table: any attributes.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct MemoryTenant(BTreeMap<String, Attribute>);

impl MemoryTenant {
    /// The item of an active tenant, as the default filter wants it.
    pub fn new(tenant_id: impl Into<String>) -> Self {
        Self::default()
            .text("tenant_id", tenant_id)
            .text("tenant_type", "Cloud Usage")
            .text("tenant_status", "Active")
            .text("cloud_service_provider", "AWS")
    }

    /// Sets a string.
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, Attribute::Text(value.into()))
    }

    /// Sets any attribute; an absent one is taken away.
    pub fn set(mut self, name: &str, value: Attribute) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    fn get(&self, name: &str) -> Attribute {
        self.0.get(name).cloned().unwrap_or(Attribute::Absent)
    }

    fn passes(&self, filter: &TenantFilter) -> bool {
        filter.0.iter().all(|(name, values)| match self.get(name) {
            Attribute::Text(text) => values.contains(&text),
            Attribute::Absent | Attribute::OtherType(_) => false,
        })
    }
}

impl Tenants for MemoryWorld {
    async fn scan_tenants(&self, table: &str, filter: &TenantFilter) -> Result<TenantScan, CallError> {
        let call = self.calls().begin(Request::of_process("dynamodb:Scan", table)).await?;
        let state = self.state();
        let Some(items) = state.tenants.get(table) else {
            return call.answer(Err(failed("dynamodb:Scan", CallErrorKind::NotFound)));
        };
        let passing = items.iter().filter(|item| item.passes(filter));
        let read =
            |item: &MemoryTenant| TenantItem { tenant_id: item.get("tenant_id"), external_id: item.get("external_id") };
        call.answer(Ok(TenantScan { scanned: items.len() as u64, items: passing.map(read).collect() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_scan_lets_through_what_the_filter_wants_in_order() {
        let world = MemoryWorld::new(1).with_tenants(
            "tenants",
            [
                MemoryTenant::new("000000000002").text("external_id", "between-us"),
                MemoryTenant::new("000000000003").text("tenant_status", "Inactive"),
                MemoryTenant::new("").set("tenant_id", Attribute::OtherType("N")),
                MemoryTenant::new("000000000004").set("tenant_status", Attribute::OtherType("BOOL")),
                MemoryTenant::new("000000000001").set("tenant_type", Attribute::Absent),
                MemoryTenant::new("000000000005").text("tenant_status", "Trial"),
            ],
        );
        let values = |text: &[&str]| text.iter().map(|one| (*one).to_owned()).collect();
        let filter = TenantFilter(BTreeMap::from([
            ("tenant_type".into(), values(&["Cloud Usage"])),
            ("tenant_status".into(), values(&["Active", "Trial"])),
        ]));
        let scan = world.scan_tenants("tenants", &filter).await.unwrap();
        assert_eq!(scan.scanned, 6);
        let ids: Vec<Attribute> = scan.items.iter().map(|item| item.tenant_id.clone()).collect();
        let expected =
            [Attribute::Text("000000000002".into()), Attribute::OtherType("N"), Attribute::Text("000000000005".into())];
        assert!(ids == expected);
        assert!(scan.items[0].external_id == Attribute::Text("between-us".into()));
        assert!(scan.items[1].external_id == Attribute::Absent);
        assert_eq!(world.scan_tenants("other", &filter).await.unwrap_err().kind, CallErrorKind::NotFound);
    }
}
