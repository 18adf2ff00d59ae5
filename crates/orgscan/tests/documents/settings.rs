//! docs/settings.md, the parameters of template.yaml and the settings of the code: one says what the other does.

use std::collections::BTreeSet;

use orgscan::config::{Config, DefaultValue, Job, Place, SETTINGS, Setting};
use orgscan::event::Event;

use super::document;
use super::markdown;
use super::reference::{hold, table};
use super::template::{self, Parameter};

const DOCUMENT: &str = "docs/settings.md";
/// The template names the roles that the stacks beside it make, where the settings' own defaults are what accounts have
/// without them.
const OTHER_DEFAULTS: [&str; 2] = ["CROSS_ACCOUNT_ROLE_NAME", "MEMBER_ROLE_NAME"];

struct Template {
    parameters: Vec<Parameter>,
    text: String,
}

impl Template {
    fn read() -> Self {
        let text = document("template.yaml");
        Self { parameters: template::parameters(&text), text }
    }

    /// The one parameter that sets a variable, if one does.
    fn parameter_of(&self, variable: &str) -> Option<&Parameter> {
        let variables = template::variables(&self.text);
        let names: Vec<&String> = variables.get(variable)?.iter().collect();
        assert!(names.len() <= 1, "{variable} is set by {names:?}");
        self.parameters.iter().find(|parameter| names.contains(&&parameter.name))
    }
}

#[test]
fn the_settings_reference_is_what_the_code_and_the_template_say() {
    let template = Template::read();
    let rows: Vec<Vec<String>> = SETTINGS.iter().map(|setting| row_of(setting, &template)).collect();
    let header = ["variable", "function", "default", "parameter", "values", "meaning"];
    hold(DOCUMENT, "variables", &table(&header, &rows));

    let of_variables: BTreeSet<&str> =
        SETTINGS.iter().filter_map(|setting| template.parameter_of(setting.variable)).map(|one| &*one.name).collect();
    let others = template.parameters.iter().filter(|parameter| !of_variables.contains(parameter.name.as_str()));
    let rows: Vec<Vec<String>> = others
        .map(|one| {
            let default = one.default.as_deref().map_or_else(|| "required".to_owned(), value);
            vec![code(&one.name), default, values(one), with_names(&one.description)]
        })
        .collect();
    hold(DOCUMENT, "parameters", &table(&["parameter", "default", "values", "meaning"], &rows));
}

fn row_of(setting: &Setting, template: &Template) -> Vec<String> {
    let function = match setting.jobs {
        [one] => one.as_str(),
        _ => "both",
    };
    let default = match setting.default {
        DefaultValue::Literal(text) => code(text),
        DefaultValue::Described(text) => with_names(text),
    };
    let parameter = template.parameter_of(setting.variable);
    let named = parameter.map(|one| match one.default.as_deref() {
        Some(other) if !other.is_empty() && other != setting.default.text() => {
            format!("{}: {}", code(&one.name), code(other))
        }
        _ => code(&one.name),
    });
    vec![
        code(setting.variable),
        function.to_owned(),
        default,
        named.unwrap_or_default(),
        parameter.map(values).unwrap_or_default(),
        with_names(setting.meaning),
    ]
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn value(text: &str) -> String {
    if text.is_empty() { "empty".to_owned() } else { code(text) }
}

fn values(parameter: &Parameter) -> String {
    match (parameter.least, parameter.most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("{least} and more"),
        _ => parameter.allowed.iter().map(|one| value(one)).collect::<Vec<_>>().join(", "),
    }
}

/// Names of variables and parameters as code, and no full stop at the end.
fn with_names(text: &str) -> String {
    let text = text.replace('<', "\\<");
    let words = text.trim_end_matches('.').split(' ').map(|word| {
        let name = word.trim_matches([',', ';', ':', '(', ')', '.']);
        let is_variable = SETTINGS.iter().any(|setting| setting.variable == name);
        let is_parameter = name.contains('=') && name.starts_with(|one: char| one.is_ascii_uppercase());
        if is_variable || is_parameter { word.replacen(name, &code(name), 1) } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_template_sets_only_what_is_a_setting() {
    let template = Template::read();
    let known: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.variable).collect();
    let set = template::variables(&template.text);
    for variable in set.keys() {
        assert!(known.contains(variable.as_str()), "{variable} is no setting");
    }
    assert!(set.len() > 30, "only {} variables were found", set.len());
}

#[test]
fn a_default_of_the_template_is_the_settings_own() {
    let template = Template::read();
    let mut compared = 0;
    for setting in SETTINGS.iter().filter(|setting| !OTHER_DEFAULTS.contains(&setting.variable)) {
        let parameter = template.parameter_of(setting.variable);
        let Some(default) = parameter.and_then(|one| one.default.as_deref()).filter(|text| !text.is_empty()) else {
            continue;
        };
        assert_eq!(default, setting.default.text(), "{}", setting.variable);
        compared += 1;
    }
    assert!(compared >= 15, "only {compared} defaults were found to compare");
}

/// Whether the code takes a value for a setting.
fn is_taken(setting: &Setting, text: &str) -> bool {
    let lookup = |name: &str| {
        let value = match name {
            _ if name == setting.variable => text,
            "OUTPUT_BUCKET" => "reports",
            "DYNAMO_TABLE_NAME" => "tenants",
            "CROSS_ACCOUNT_ROLE_NAME" => "Management",
            "MAIL_SENDER" | "MAIL_RECIPIENTS" => "reports@example.com",
            _ => return None,
        };
        Some(value.to_owned())
    };
    setting.jobs.iter().all(|job| Config::from_lookup(*job, Place::Lambda, &lookup).is_ok())
}

#[test]
fn the_code_takes_the_values_that_the_template_allows_and_no_others() {
    let template = Template::read();
    let mut compared = 0;
    for setting in SETTINGS {
        let Some(parameter) = template.parameter_of(setting.variable) else { continue };
        for allowed in &parameter.allowed {
            assert!(is_taken(setting, allowed), "{}={allowed}", setting.variable);
        }
        let mut refused = Vec::new();
        if !parameter.allowed.is_empty() {
            refused.push("another".to_owned());
        }
        for (bound, step) in [(parameter.least, -1), (parameter.most, 1)] {
            let Some(bound) = bound else { continue };
            assert!(is_taken(setting, &bound.to_string()), "{}={bound}", setting.variable);
            refused.push((bound + step).to_string());
        }
        compared += refused.len();
        for text in refused {
            assert!(!is_taken(setting, &text), "{}={text} is taken, which the template refuses", setting.variable);
        }
        if let Some(default) = parameter.default.as_ref().filter(|default| !default.is_empty()) {
            assert!(is_taken(setting, default), "{}={default}, the template's default", setting.variable);
        }
    }
    assert!(compared >= 20, "only {compared} values were found to compare");
}

#[test]
fn what_the_template_requires_is_what_the_code_requires() {
    let required: BTreeSet<&str> = SETTINGS
        .iter()
        .filter(|setting| setting.default.text().starts_with("required"))
        .map(|setting| setting.variable)
        .collect();
    let lookup = |name: &str| (name == "DYNAMO_TABLE_NAME").then(|| "tenants".to_owned());
    let without = |job| Config::from_lookup(job, Place::Lambda, &lookup).unwrap_err().to_string();
    for job in [Job::AccountMetadata, Job::CredentialReport] {
        let problem = without(job);
        for name in required.iter().filter(|name| **name != "DYNAMO_TABLE_NAME") {
            assert!(problem.contains(name), "{}: {problem}", job.as_str());
        }
    }
    let template = Template::read();
    // The bucket and the table are the template's own where none is named; the role has a default there.
    for name in required {
        assert!(template.parameter_of(name).is_some_and(|one| one.default.is_some()), "{name}");
    }
}

#[test]
fn every_field_of_the_event_is_documented_and_no_other() {
    let rows = markdown::table(&document(DOCUMENT), "## Event", "| field | meaning |");
    assert_eq!(markdown::first_names(&rows), Event::FIELDS);
}
