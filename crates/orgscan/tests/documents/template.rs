//! What is read from the templates: parameters, the functions' variables, and what each role is granted.

use std::collections::{BTreeMap, BTreeSet};

/// A section of a template: the lines below a line of its own, as far as they are indented more.
pub(super) fn section<'a>(template: &'a str, title: &str) -> Vec<&'a str> {
    let lines: Vec<&str> = template.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if line.trim() != title {
            continue;
        }
        let depth = indentation(line);
        let rest = lines.iter().skip(number + 1);
        found.extend(rest.take_while(|line| line.is_empty() || indentation(line) > depth).copied());
    }
    assert!(!found.is_empty(), "the template has no {title}");
    found
}

pub(super) fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('\'').or_else(|| inner('"')).unwrap_or(text).to_owned()
}

/// A parameter of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) default: Option<String>,
    pub(super) allowed: Vec<String>,
    pub(super) least: Option<i64>,
    pub(super) most: Option<i64>,
}

/// All of them, in the template's order.
pub(super) fn parameters(template: &str) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut field = "";
    for line in section(template, "Parameters:").into_iter().filter(|line| indentation(line) != 8) {
        let line_field = line.trim().split_once(':').map(|(name, value)| (name, value.trim()));
        match (indentation(line), line_field) {
            (2, Some((name, ""))) => parameters.push(Parameter { name: name.to_owned(), ..Parameter::default() }),
            (4, Some((name, value))) => {
                field = name;
                let Some(parameter) = parameters.last_mut() else { continue };
                match name {
                    "Description" if value != ">-" => parameter.description = unquoted(value),
                    "Default" => parameter.default = Some(unquoted(value)),
                    "AllowedValues" => {
                        let values = value.trim_matches(['[', ']']).split(", ");
                        parameter.allowed = values.map(unquoted).collect();
                    }
                    "MinValue" => parameter.least = value.parse().ok(),
                    "MaxValue" => parameter.most = value.parse().ok(),
                    _ => {}
                }
            }
            (6, _) if field == "Description" => {
                let Some(parameter) = parameters.last_mut() else { continue };
                let blank = if parameter.description.is_empty() { "" } else { " " };
                parameter.description = format!("{}{blank}{}", parameter.description, line.trim());
            }
            _ => {}
        }
    }
    parameters
}

/// Environment variables of both functions with the parameters that set them.
pub(super) fn variables(template: &str) -> BTreeMap<String, BTreeSet<String>> {
    let known: BTreeSet<String> = parameters(template).into_iter().map(|parameter| parameter.name).collect();
    let mut variables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in section(template, "Variables:") {
        if let Some((variable, value)) = line.trim().split_once(": ") {
            let words = value.split(|one: char| !one.is_ascii_alphanumeric()).filter(|word| known.contains(*word));
            variables.entry(variable.to_owned()).or_default().extend(words.map(str::to_owned));
        }
    }
    variables
}

/// A statement of a policy that is granted to a role; trust policies are none of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Statement {
    /// The logical name of the role.
    pub(super) role: String,
    pub(super) sid: String,
    pub(super) actions: BTreeSet<String>,
    /// The lines about it, as they are.
    pub(super) text: String,
}

/// All statements that a template grants to roles.
pub(super) fn statements(template: &str) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    let (mut resource, mut role, mut kind) = ("", "", "");
    // How far the policy that is being read is indented, if one is.
    let mut policy: Option<usize> = None;
    for line in section(template, "Resources:").into_iter().filter(|line| !line.trim_start().starts_with('#')) {
        let depth = indentation(line);
        let text = line.trim();
        if depth == 2 && text.ends_with(':') {
            resource = text.trim_end_matches(':');
            (role, kind, policy) = (resource, "", None);
        } else if let Some(of) = text.strip_prefix("Type: ") {
            if depth == 4 {
                kind = of;
            }
        } else if role == resource && policy.is_none() && kind != "AWS::IAM::Role" {
            // A policy of its own names its role, or two that it is alike for; a role names itself with a parameter.
            role = role_named(text).unwrap_or(role);
        }
        let of_role = matches!(kind, "AWS::IAM::Role" | "AWS::IAM::Policy" | "AWS::IAM::RolePolicy");
        if of_role && text == "PolicyDocument:" {
            policy = Some(depth);
        } else if !text.is_empty() && policy.is_some_and(|own| depth <= own) {
            policy = None;
        }
        if policy.is_none() {
            continue;
        }
        if let Some(sid) = text.strip_prefix("- Sid: ") {
            statements.push(Statement { role: role.to_owned(), sid: sid.to_owned(), ..Statement::default() });
        } else if let Some(statement) = statements.last_mut() {
            statement
                .actions
                .extend(text.split([' ', ',', '[', ']']).filter(|word| is_action(word)).map(str::to_owned));
            statement.text = format!("{}\n{text}", statement.text);
        }
    }
    assert!(!statements.is_empty(), "the template grants nothing");
    statements
}

/// The role that a line of a policy names.
fn role_named(text: &str) -> Option<&str> {
    let is_about_roles = text.starts_with("Roles: [") || text.starts_with("RoleName: ") || text.starts_with("- !If [");
    let (_, name) = text.split_once("!Ref ").filter(|_| is_about_roles)?;
    name.split([',', ']']).next()
}

fn is_action(word: &str) -> bool {
    word.split_once(':').is_some_and(|(service, action)| {
        !service.is_empty()
            && service.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
            && action.starts_with(|one: char| one.is_ascii_uppercase())
            && action.chars().all(|one| one.is_ascii_alphabetic())
    })
}

#[test]
fn parameters_and_statements_are_read_as_they_stand_in_a_template() {
    let template = "\
Parameters:
  One:
    Description: >-
      The first:
      of two.
    Type: String
    Default: \"\"
    AllowedValues: [\"\", a, \"b\"]
  Two:
    Description: \"Another: one.\"
    MinValue: 1
    MaxValue: 1000

Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Sid: Trust
            Action: sts:AssumeRole
      Policies:
        - PolicyName: start
          PolicyDocument:
            Statement:
              - Sid: Start
                Action: !If [One, states:StartExecution, lambda:InvokeFunction]
                Resource: !Ref One
  More:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument:
        Statement:
          - Sid: Write
            # s3:DeleteBucket is not for us
            Action:
              - s3:GetObject
              - s3:PutObject
";
    let read = parameters(template);
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].description, "The first: of two.");
    assert_eq!((read[0].default.as_deref(), &*read[0].allowed.join("|")), (Some(""), "|a|b"));
    assert_eq!((&*read[1].description, read[1].least, read[1].most), ("Another: one.", Some(1), Some(1000)));
    let read = statements(template);
    let actions = |actions: &[&str]| actions.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
    let known: Vec<_> = read.iter().map(|one| (&*one.role, &*one.sid, one.actions.clone())).collect();
    assert_eq!(
        known,
        [
            ("Role", "Start", actions(&["lambda:InvokeFunction", "states:StartExecution"])),
            ("Role", "Write", actions(&["s3:GetObject", "s3:PutObject"])),
        ]
    );
}
