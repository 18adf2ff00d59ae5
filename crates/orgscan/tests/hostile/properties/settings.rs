//! What holds of any settings, given as lines `VARIABLE=value`; lines that name none go on with the value before.

use std::collections::BTreeMap;

use orgscan::config::{Config, Job, Place, SETTINGS};
use orgscan::error::RunError;

/// Longest problem: a value is cut where it is long, and `TENANT_FILTER` may have two values in one.
const LONGEST_PROBLEM: usize = 2_500;

/// What no other setting has.
const PLANTED: &str = "7f3a9c1e55d2";

pub(crate) fn holds(data: &[u8]) {
    let variables = variables(&String::from_utf8_lossy(data));
    tells_no_secret(&variables);
    let lookup = |name: &str| variables.get(name).cloned();
    for job in [Job::AccountMetadata, Job::CredentialReport] {
        for place in [Place::Lambda, Place::Terminal] {
            match Config::from_lookup(job, place, &lookup) {
                Ok(config) => holds_of(&config),
                Err(RunError::Settings { problems }) => {
                    assert!(!problems.is_empty());
                    for problem in &problems {
                        assert!(problem.len() <= LONGEST_PROBLEM && !problem.contains(['\n', '\r']), "{problem:?}");
                        let named = SETTINGS.iter().find(|setting| names(problem, setting.variable));
                        assert!(named.is_some(), "{problem:?} names no variable");
                    }
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
}

fn variables(text: &str) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    let mut last = None;
    for line in text.split('\n') {
        match line.split_once('=').filter(|(name, _)| SETTINGS.iter().any(|setting| setting.variable == *name)) {
            Some((name, value)) => {
                variables.insert(name.to_owned(), value.to_owned());
                last = Some(name);
            }
            None => {
                if let Some(value) = last.and_then(|name| variables.get_mut(name)) {
                    value.push('\n');
                    value.push_str(line);
                }
            }
        }
    }
    variables
}

fn names(problem: &str, variable: &str) -> bool {
    problem.strip_prefix(variable).is_some_and(|rest| rest.starts_with([' ', '\'']))
}

fn holds_of(config: &Config) {
    // What becomes part of a key or a header cannot leave it.
    let prefix = &config.output.prefix;
    assert!(prefix.is_empty() || prefix.ends_with('/'), "{prefix:?}");
    assert!(!prefix.starts_with('/') && !prefix.contains(char::is_control), "{prefix:?}");
    assert!(!prefix.split('/').any(|part| part == "." || part == ".."), "{prefix:?}");
    if let Some(mail) = &config.audit.mail {
        for address in mail.recipients.iter().chain([&mail.sender]) {
            assert!(!address.contains(char::is_control) && address.is_ascii(), "{address:?}");
        }
        assert!(mail.recipients.iter().all(|address| address.matches('@').count() == 1 && !address.contains(',')));
    }
    assert!(!config.member_role.name.contains(['*', '?', ':']), "{:?}", config.member_role.name);
}

/// What is wrong with settings, and what they are for those who debug, has none of a secret, right or wrong.
fn tells_no_secret(variables: &BTreeMap<String, String>) {
    let is_secret = |name: &str| SETTINGS.iter().any(|setting| setting.variable == name && setting.is_secret);
    let lookup = |name: &str| {
        let value = variables.get(name)?;
        // Each part of a list has it.
        Some(if is_secret(name) {
            format!("{PLANTED}{}", value.replace(',', &format!(",{PLANTED}")))
        } else {
            value.clone()
        })
    };
    for job in [Job::AccountMetadata, Job::CredentialReport] {
        let told = match Config::from_lookup(job, Place::Terminal, &lookup) {
            Ok(config) => format!("{config:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!told.contains(PLANTED), "a secret is told: {told}");
    }
}
