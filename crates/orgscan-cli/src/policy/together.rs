//! One policy for several jobs.

use orgscan::config::Job;
use orgscan::policies::Policy;
use serde_json::{Value, json};

/// What all of them allow, in IAM's JSON. What several jobs say is there once; where they differ under the same name in their
/// resources alone, these are put together; else the later one's name gets the job's, since IAM wants names to be unique.
pub(super) fn together(policies: &[(Job, Policy)]) -> Value {
    let mut statements: Vec<Value> = Vec::new();
    let mut version = Value::Null;
    for (job, policy) in policies {
        let document = policy.to_json();
        version = document.get("Version").cloned().unwrap_or_default();
        for statement in document.get("Statement").and_then(Value::as_array).into_iter().flatten() {
            add(&mut statements, statement.clone(), *job);
        }
    }
    json!({"Version": version, "Statement": statements})
}

fn add(statements: &mut Vec<Value>, mut statement: Value, job: Job) {
    let named_alike = statements.iter_mut().find(|other| other.get("Sid") == statement.get("Sid"));
    if let Some(other) = named_alike {
        let is_alike = |key: &str| other.get(key) == statement.get(key);
        if is_alike("Action") && is_alike("Condition") {
            let more = statement.get("Resource").and_then(Value::as_array).cloned().unwrap_or_default();
            if let Some(resources) = other.get_mut("Resource").and_then(Value::as_array_mut) {
                for resource in more {
                    if !resources.contains(&resource) {
                        resources.push(resource);
                    }
                }
            }
            return;
        }
        let suffix = match job {
            Job::AccountMetadata => "ForAccountMetadata",
            Job::CredentialReport => "ForCredentialReport",
        };
        let name = statement.get("Sid").and_then(Value::as_str).unwrap_or_default();
        let name = format!("{name}{suffix}");
        if let Some(fields) = statement.as_object_mut() {
            fields.insert("Sid".to_owned(), name.into());
        }
    }
    statements.push(statement);
}

#[cfg(test)]
mod tests {
    use orgscan::policies::Statement;

    use super::*;

    fn statement(sid: &'static str, resource: &str, condition: Option<Value>) -> Statement {
        Statement { sid, actions: vec!["sts:AssumeRole"], resources: vec![resource.to_owned()], condition }
    }

    #[test]
    fn what_two_jobs_need_is_one_policy_whose_names_are_unique() {
        let inventory = Policy { statements: vec![statement("A", "*", None), statement("B", "x", None)] };
        let own = json!({"StringEquals": {"aws:ResourceOrgID": "o-a"}});
        let audit = Policy {
            statements: vec![
                statement("A", "*", None),
                statement("B", "y", None),
                statement("C", "z", Some(own.clone())),
            ],
        };
        let again = Policy { statements: vec![statement("C", "z", None)] };
        let both = together(&[
            (Job::AccountMetadata, inventory),
            (Job::CredentialReport, audit),
            (Job::CredentialReport, again),
        ]);
        let names: Vec<&str> =
            both["Statement"].as_array().unwrap().iter().map(|one| one["Sid"].as_str().unwrap()).collect();
        assert_eq!(names, ["A", "B", "C", "CForCredentialReport"]);
        assert_eq!(both["Statement"][1]["Resource"], json!(["x", "y"]));
        assert_eq!(both["Statement"][2]["Condition"], own);
        assert_eq!(both["Version"], "2012-10-17");
    }
}
