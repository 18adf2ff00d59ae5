//! JSON Schemas (2020-12) of what is read and written, and the columns of every table.
//!
//! Derived from the very types that are read and written, so that they cannot say anything else.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::account::AccountId;
use crate::credential_report::COLUMNS;
use crate::doctor::Diagnosis;
use crate::event::Event;
use crate::finding::Finding;
use crate::summary::Summary;
use crate::table::{FINDINGS_COLUMNS, INVENTORY_COLUMNS, LEDGER_COLUMNS, MERGED_LEADING_COLUMNS};

impl JsonSchema for AccountId {
    fn schema_name() -> Cow<'static, str> {
        "AccountId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]{12}$", "description": "The id of an AWS account."})
    }
}

/// What a function takes, and `--event`. Every field may be left out or `null`, and so may the event; those of
/// `EventBridge`'s envelope are taken too, with ours inside its `detail`.
pub fn event() -> Value {
    let mut schema = of::<Event>("event");
    if let Some(fields) = schema.as_object_mut() {
        // Absent and null are the same.
        fields.remove("required");
        fields.insert("type".to_owned(), json!(["object", "null"]));
        if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert(
                "detail".to_owned(),
                json!({
                    "type": ["object", "string", "null"],
                    "description": "EventBridge's envelope: our fields, as an object or as a string that holds one.",
                }),
            );
            properties.insert(
                "time".to_owned(),
                json!({
                    "type": ["string", "null"],
                    "format": "date-time",
                    "description": "EventBridge's envelope: stands for scheduled_time.",
                }),
            );
            properties.insert(
                "id".to_owned(),
                json!({"type": ["string", "null"], "description": "EventBridge's envelope: stands for run_id."}),
            );
        }
    }
    schema
}

/// What a function answers, and a run with `--json` prints.
pub fn summary() -> Value {
    of::<Summary>("summary")
}

/// What `orgscan doctor --json` prints, and a function answers to the event `{"doctor": true}`.
pub fn diagnosis() -> Value {
    of::<Diagnosis>("diagnosis")
}

/// A line of `aws-*-findings-*.jsonl`.
pub fn finding() -> Value {
    of::<Finding<'_>>("finding")
}

/// The columns of every table, by what the table is called in the names of objects. A merged credential report may have more
/// behind these: whatever else AWS answers.
pub fn columns() -> Value {
    let merged: Vec<&str> = MERGED_LEADING_COLUMNS.into_iter().chain(COLUMNS).collect();
    json!({
        "account-metadata-report": INVENTORY_COLUMNS,
        "credential-report": merged,
        "coverage": LEDGER_COLUMNS,
        "findings": FINDINGS_COLUMNS,
    })
}

fn of<T: JsonSchema>(title: &str) -> Value {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let mut schema = Value::from(schema);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("title".to_owned(), format!("orgscan {title}").into());
    }
    schema
}
