use clap::{Command, CommandFactory};

use super::*;

/// The width of a small terminal.
const WIDTH: usize = 80;

fn job(line: &[&str]) -> Option<JobArguments> {
    match Arguments::try_parse_from(line).ok()?.command {
        super::Command::AccountMetadata(arguments) | super::Command::CredentialReport(arguments) => Some(arguments),
        _ => None,
    }
}

/// Every command with its whole name, `orgscan` itself first.
fn commands() -> Vec<(String, Command)> {
    fn add(name: &str, command: &Command, all: &mut Vec<(String, Command)>) {
        all.push((name.to_owned(), command.clone()));
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            add(&format!("{name} {}", below.get_name()), below, all);
        }
    }
    let mut root = Arguments::command();
    root.build();
    let mut all = Vec::new();
    add("orgscan", &root, &mut all);
    all
}

/// What a command prints when `flag` asks it for help: `--help` says more than `-h` where a value has a text of its own.
fn printed_help(name: &str, flag: &str) -> String {
    let line = name.split(' ').chain([flag]);
    let help = Arguments::command().term_width(WIDTH).try_get_matches_from(line).unwrap_err().to_string();
    assert!(help.lines().all(|line| line.chars().count() <= WIDTH + 10), "{name} {flag}: a line is too long:\n{help}");
    help
}

/// The lines of the examples in a command's help.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.strip_prefix("  ").filter(|line| line.starts_with("orgscan ")))
        .map(str::to_owned)
        .collect()
}

/// The words of a line, as a shell would split it where nothing but single quotes is used.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in line.split('\'').enumerate() {
        let mut pieces = part.split(' ');
        if index % 2 == 1 {
            words.last_mut().unwrap().push_str(part);
            continue;
        }
        words.last_mut().unwrap().push_str(pieces.next().unwrap());
        words.extend(pieces.map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn a_bucket_may_have_a_name_and_excludes_a_folder() {
    assert_eq!(job(&["orgscan", "account-metadata"]).unwrap().bucket, None);
    assert_eq!(job(&["orgscan", "account-metadata", "--bucket"]).unwrap().bucket.as_deref(), Some(""));
    assert_eq!(job(&["orgscan", "account-metadata", "--bucket=b"]).unwrap().bucket.as_deref(), Some("b"));
    assert!(job(&["orgscan", "account-metadata", "--bucket", "--output-dir", "x"]).is_none());
}

#[test]
fn ids_are_given_together_or_one_by_one() {
    let line = ["orgscan", "credential-report", "--accounts", "222222222222,111111111111", "--accounts=333333333333"];
    let ids: Vec<String> = job(&line).unwrap().scope.accounts().iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["111111111111", "222222222222", "333333333333"]);
    let error =
        Arguments::try_parse_from(["orgscan", "credential-report", "--exclude", "1,222222222222,x"]).unwrap_err();
    assert!(error.to_string().contains(r#""1", "x""#), "{error}");
}

#[test]
fn the_command_line_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn the_help_of_every_command_is_as_reviewed() {
    for (name, _) in commands() {
        let [short, long] = ["-h", "--help"].map(|flag| printed_help(&name, flag));
        let name = name.replace(' ', "_");
        if long != short {
            insta::assert_snapshot!(format!("{name}_--help"), long);
        }
        insta::assert_snapshot!(name, short);
    }
}

#[test]
fn every_command_has_an_example_and_every_example_is_a_command_line() {
    for (name, command) in commands() {
        let lines = examples(&command);
        assert!(!lines.is_empty(), "{name} has no example");
        for line in lines {
            assert!(line.len() + 2 <= WIDTH, "{line} is too long for a small terminal");
            assert!(line.starts_with(&name), "{line} is no example of {name}");
            if let Err(error) = Arguments::try_parse_from(words(&line)) {
                panic!("{line}: {error}");
            }
        }
    }
}

#[test]
fn every_flag_says_what_it_is_for() {
    for (name, command) in commands() {
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{name}: {} has no help", argument.get_id());
        }
    }
}
