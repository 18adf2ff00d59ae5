//! Settings and tables that cannot be used.

use std::net::TcpListener;

use orgscan_tests::answer::{self, organizations, status};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::process::environment;
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::world::World;
use serde_json::json;

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT, FUNCTIONS};

const SEED: u64 = 2;

#[test]
fn every_missing_or_malformed_setting_is_named_at_once_and_nothing_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    for (name, missing) in [
        (ACCOUNT_METADATA, ["OUTPUT_BUCKET", "DYNAMO_TABLE_NAME"].as_slice()),
        (CREDENTIAL_REPORT, ["OUTPUT_BUCKET"].as_slice()),
    ] {
        let settings = environment([
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("MAX_IN_FLIGHT", "0"),
            ("ACCOUNTS_INCLUDE", "12345"),
        ]);
        let mut function = Function::start(name, &settings);
        let Answer::Error { message, .. } = function.invoke(&json!({}), Deadline::LONGEST) else {
            panic!("{name} works without its settings")
        };
        for variable in missing.iter().chain(&["MAX_IN_FLIGHT", "ACCOUNTS_INCLUDE"]) {
            assert!(message.contains(variable), "{name} does not name {variable}: {message}");
        }
        assert!(listener.accept().is_err(), "{name} calls AWS without its settings");
    }
}

#[test]
fn a_tenants_table_that_does_not_exist_is_an_error_that_names_it() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let (error_type, message) = failure_with_table(&world, name, "no-such-table");
        assert_eq!(error_type, "TenantsUnreadable", "{name}: {message}");
        assert!(message.contains("no-such-table"), "{name}: {message}");
    }
}

#[test]
fn an_empty_tenants_table_is_an_error_that_names_it() {
    let world = World::generated(SEED);
    world.call_as_itself(
        "dynamodb",
        "create_table",
        &json!({
            "TableName": "empty-table",
            "KeySchema": [{"AttributeName": "tenant_id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "tenant_id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }),
    );
    for name in FUNCTIONS {
        let (error_type, message) = failure_with_table(&world, name, "empty-table");
        assert_eq!(error_type, "TenantsEmpty", "{name}: {message}");
        assert!(message.contains("empty-table"), "{name}: {message}");
    }
}

#[test]
fn a_table_without_an_active_tenant_is_a_complete_run_of_no_organization() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let mut settings = world.environment(name);
        settings.extend(world.settings(ACCOUNT_METADATA).into_iter().filter(|(setting, _)| is_of_tenants(setting)));
        settings.insert("TENANT_FILTER".to_owned(), json!({"tenant_status": "Never"}).to_string());
        let mut function = Function::start(name, &settings);
        let summary = answer::summary(function.invoke(&world.event(), Deadline::LONGEST));
        assert_eq!(status(&summary), "complete", "{name}: {summary}");
        assert!(organizations(&summary).is_empty(), "{name}: {summary}");
        assert_eq!(summary["tenants"]["selected"], 0, "{name}: {summary}");
        assert!(summary["tenants"]["scanned"].as_u64().is_some_and(|scanned| scanned > 0), "{name}: {summary}");
    }
}

/// The error of a function whose tenants table is another.
fn failure_with_table(world: &World, name: &str, table: &str) -> (String, String) {
    let mut settings = world.environment(name);
    settings.extend(world.settings(ACCOUNT_METADATA).into_iter().filter(|(setting, _)| is_of_tenants(setting)));
    settings.insert("DYNAMO_TABLE_NAME".to_owned(), table.to_owned());
    let mut function = Function::start(name, &settings);
    match function.invoke(&world.event(), Deadline::LONGEST) {
        Answer::Error { error_type, message } => (error_type, message),
        Answer::Response(summary) => panic!("{name} reads a table that cannot be read: {summary}"),
    }
}

/// The credential report may run without a table; with one it needs the same settings as the inventory.
fn is_of_tenants(setting: &str) -> bool {
    ["DYNAMO_TABLE_NAME", "TENANT_FILTER", "CROSS_ACCOUNT_ROLE_NAME"].contains(&setting)
}
