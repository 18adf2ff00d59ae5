//! Metrics of a run, as one line of CloudWatch embedded metric format: CloudWatch makes metrics of it, and nothing has to be
//! called.
//!
//! The function is the only dimension: two deployments in one account are told apart by it, while an account id would make
//! a metric, and a cost, of each account.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::summary::{Status, Summary};

/// The CloudWatch namespace.
pub const NAMESPACE: &str = "orgscan";

/// The dimension, spelt as Lambda's own metrics spell it.
pub const DIMENSION: &str = "FunctionName";

/// The metrics of a function's run, a bare line of JSON for standard output.
pub fn of_run(function_name: &str, summary: &Summary, now: Timestamp) -> Value {
    let accounts = summary.accounts();
    let count = |name: &str| json!({"Name": name, "Unit": "Count"});
    json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[DIMENSION]],
                "Metrics": [
                    count("AccountsListed"),
                    count("AccountsReported"),
                    count("AccountsSkipped"),
                    count("AccountsFailed"),
                    count("TenantsRejected"),
                    count("RunsComplete"),
                    count("Undelivered"),
                    json!({"Name": "Duration", "Unit": "Milliseconds"}),
                    count("ApiCalls"),
                    count("ApiCallsThrottled"),
                ],
            }],
        },
        DIMENSION: function_name,
        "AccountsListed": accounts.listed,
        "AccountsReported": accounts.reported,
        "AccountsSkipped": accounts.skipped,
        "AccountsFailed": accounts.failed,
        "TenantsRejected": summary.tenants.as_ref().map_or(0, |tenants| tenants.rejected.len()),
        "RunsComplete": u64::from(summary.status == Status::Complete),
        "Undelivered": summary.undelivered,
        "Duration": summary.duration_ms,
        "ApiCalls": summary.api_calls.values().sum::<u64>(),
        "ApiCallsThrottled": summary.throttled_calls,
        "run_id": summary.run_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{AccountSums, OrganizationSummary};

    #[test]
    fn every_metric_that_is_declared_has_a_value_and_the_function_is_the_only_dimension() {
        let accounts = AccountSums { listed: 9, reported: 5, skipped: 1, failed: 3 };
        let summary = Summary {
            run_id: "run".into(),
            scheduled_time: "2026-11-21T06:00:00Z".into(),
            status: Status::Partial,
            organizations: vec![OrganizationSummary {
                org_id: "o-a".into(),
                management_account_id: "000000000012".into(),
                accounts,
                outcomes: std::collections::BTreeMap::new(),
                report: None,
                coverage: None,
                findings: None,
                finding_counts: None,
                comparison: None,
                worst: vec![],
                page: None,
            }],
            tenants: None,
            mail: None,
            api_calls: [("sts:AssumeRole", 8), ("iam:GetCredentialReport", 12)].into(),
            throttled_calls: 2,
            undelivered: 4,
            duration_ms: 1_500,
            warnings: vec![],
            unknown_accounts: vec![],
            dry_run: false,
        };
        let metrics = of_run("audit-credential-report", &summary, Timestamp::UNIX_EPOCH);
        let declared = metrics.pointer("/_aws/CloudWatchMetrics/0/Metrics").and_then(Value::as_array).unwrap();
        assert_eq!(declared.len(), 10);
        for metric in declared {
            let name = metric.get("Name").and_then(Value::as_str).unwrap();
            assert!(metrics.get(name).is_some_and(Value::is_u64), "{name}");
        }
        assert_eq!(metrics.pointer("/_aws/CloudWatchMetrics/0/Dimensions"), Some(&json!([["FunctionName"]])));
        assert_eq!(metrics.get("FunctionName"), Some(&json!("audit-credential-report")));
        assert_eq!(metrics.get("AccountsFailed"), Some(&json!(3)));
        assert_eq!(metrics.get("ApiCalls"), Some(&json!(20)));
        assert_eq!(metrics.get("Undelivered"), Some(&json!(4)));
        assert_eq!(metrics.to_string().lines().count(), 1);
    }
}
