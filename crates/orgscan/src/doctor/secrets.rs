//! What an answer does not show that is kept in logs: external ids and the addresses of mail. Where a command needs one, it
//! takes it from a variable of the shell.

use serde_json::Value;

use super::commands::quoted;
use super::diagnosis::{Diagnosis, Fix};

/// How a policy asks for an external id, up to the id, which is of characters that JSON leaves as they are.
const ASKS_FOR_ID: &str = r#""sts:ExternalId":""#;

/// The variables, as a shell takes them.
const EXTERNAL_ID: &str = "\"$EXTERNAL_ID\"";
const MAIL_ADDRESS: &str = "\"$MAIL_ADDRESS\"";

impl Diagnosis {
    /// Takes external ids and these addresses out.
    pub fn hide_secrets<'a>(&mut self, addresses: impl IntoIterator<Item = &'a str>) {
        let mut addresses: Vec<&str> = addresses.into_iter().filter(|address| !address.is_empty()).collect();
        // One may be the end of another.
        addresses.sort_unstable_by_key(|address| std::cmp::Reverse(address.len()));
        for check in &mut self.checks {
            for text in [&mut check.subject, &mut check.found] {
                *text = without_addresses(text, &addresses);
            }
            for fix in check.fix.iter_mut().chain(&mut check.candidates) {
                hide(fix, &addresses);
            }
        }
    }
}

fn hide(fix: &mut Fix, addresses: &[&str]) {
    fix.explanation = without_addresses(&fix.explanation, addresses);
    for command in &mut fix.commands {
        let hidden = without_ids(command);
        if hidden != *command {
            let sentence = "first set the shell's variable EXTERNAL_ID to the external id, which is not shown here";
            fix.explanation = format!("{}; {sentence}", fix.explanation);
        }
        let mut with_variable = hidden.clone();
        for address in addresses {
            // Alone it is an argument; else it is within one in single quotes.
            let argument = format!(" {} ", quoted(address));
            with_variable = with_variable
                .replace(&argument, &format!(" {MAIL_ADDRESS} "))
                .replace(&address.replace('\'', r"'\''"), &format!("'{MAIL_ADDRESS}'"));
        }
        if with_variable != hidden {
            let sentence = "first set the shell's variable MAIL_ADDRESS to the whole address, which is not shown here";
            fix.explanation = format!("{}; {sentence}", fix.explanation);
        }
        *command = with_variable;
    }
    for (variable, value) in &mut fix.settings {
        *value = match variable.as_str() {
            "EXTERNAL_ID" => "(not shown here)".to_owned(),
            _ => without_addresses(value, addresses),
        };
    }
    if let Some(policy) = &mut fix.policy {
        hide_in(policy, addresses);
    }
}

/// A command whose policies, in single quotes, have the variable in place of the id.
fn without_ids(command: &str) -> String {
    let mut parts = command.split(ASKS_FOR_ID);
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.find('"').and_then(|end| part.get(end..)).unwrap_or_default();
        for text in [ASKS_FOR_ID, "'", EXTERNAL_ID, "'", after] {
            hidden.push_str(text);
        }
    }
    hidden
}

fn hide_in(policy: &mut Value, addresses: &[&str]) {
    match policy {
        Value::String(text) => *text = without_addresses(text, addresses),
        Value::Array(list) => list.iter_mut().for_each(|one| hide_in(one, addresses)),
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "sts:ExternalId" {
                    *field = "$EXTERNAL_ID".into();
                }
                hide_in(field, addresses);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn without_addresses(text: &str, addresses: &[&str]) -> String {
    let hide = |text: String, address: &&str| text.replace(*address, &masked(address));
    addresses.iter().fold(text.to_owned(), hide)
}

/// The first character and the domain.
fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Check;
    use crate::doctor::commands;
    use crate::policies;

    #[test]
    fn secrets_are_hidden_wherever_they_are_and_commands_take_them_from_the_shell() {
        let trust = policies::trust(&["arn:aws:iam::000000000009:role/Audit".to_owned()], Some("between-us"));
        let verify =
            commands::aws("sesv2", "create-email-identity", &["--email-identity", "me@b.example", "--region", "r"]);
        let statement = serde_json::json!({"Resource": "arn:aws:ses:r:000000000009:identity/some@b.example"});
        let put = commands::put_role_policy("Audit", "mail", &statement);
        let fix = Fix::explained("write to me@b.example")
            .run_in("000000000009", vec![commands::update_trust("R", &trust), verify, put])
            .set("EXTERNAL_ID", "between-us")
            .set("MAIL_SENDER", "some@b.example")
            .with_policy(trust["Statement"][0].clone());
        let check = Check::failed("ses-sender", "some@b.example", "x", "me@b.example is not verified").mended_by(fix);
        let mut diagnosis = Diagnosis::conclude(None, vec![check.clone()], Vec::new());
        diagnosis.checks.push(check.perhaps_mended_by(vec![Fix::explained("some@b.example")]));
        diagnosis.hide_secrets(["me@b.example", "some@b.example"]);
        let shown = serde_json::to_string(&diagnosis).unwrap();
        for secret in ["between-us", "me@b.example", "some@b.example"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        let check = &diagnosis.checks[0];
        assert_eq!((check.subject.as_str(), check.found.as_str()), ("s…@b.example", "m…@b.example is not verified"));
        let fix = check.fix.as_ref().unwrap();
        assert!(fix.commands[0].contains(r#""sts:ExternalId":"'"$EXTERNAL_ID"'"}"#), "{}", fix.commands[0]);
        assert_eq!(fix.commands[1], r#"aws sesv2 create-email-identity --email-identity "$MAIL_ADDRESS" --region r"#);
        assert!(fix.commands[2].contains(r#"identity/'"$MAIL_ADDRESS"'"}'"#), "{}", fix.commands[2]);
        assert!(fix.explanation.contains("variable EXTERNAL_ID") && fix.explanation.contains("variable MAIL_ADDRESS"));
        assert_eq!(fix.policy.as_ref().unwrap()["Condition"]["StringEquals"]["sts:ExternalId"], "$EXTERNAL_ID");
    }
}
