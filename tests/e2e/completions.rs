//! Completions, loaded by the shells they are for: bash, which is everywhere, and zsh and fish, which `tools/shells.sh`
//! installs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

const LIMIT: Duration = Duration::from_mins(1);

/// What `orgscan completions` prints, in a file with the name that the shell wants.
fn script(folder: &Path, shell: &str, name: &str) -> String {
    let mut command = Command::new(tools::binary("orgscan"));
    command.args(["completions", shell]).current_dir(folder).env_clear();
    let printed = Process::run("orgscan", &mut command, LIMIT).expect_success("orgscan completions");
    let path = folder.join(name);
    std::fs::write(&path, printed).unwrap();
    path.to_str().unwrap().to_owned()
}

fn run(shell: &str, arguments: &[&str], folder: &Path) -> String {
    let mut command = Command::new(shell);
    command.args(arguments).current_dir(folder).env_clear().env("PATH", tools::search_path()).env("HOME", folder);
    Process::run(shell, &mut command, LIMIT).expect_success(shell)
}

/// The subcommands that the help lists.
fn subcommands() -> BTreeSet<String> {
    let mut command = Command::new(tools::binary("orgscan"));
    let help = Process::run("orgscan", command.arg("--help").env_clear(), LIMIT).expect_success("orgscan --help");
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// Checks that what a shell offers after `orgscan ` has every subcommand, and after `orgscan credential-report --p` the flag.
fn assert_offers(shell: &str, first: &str, flags: &str) {
    let offered: BTreeSet<String> =
        first.lines().filter_map(|line| line.split([' ', '\t', ':']).next()).map(str::to_owned).collect();
    let all = subcommands();
    assert!(all.len() > 10 && all.is_subset(&offered), "{shell} offers {offered:?} where there are {all:?}");
    assert!(flags.contains("--profile") && !flags.contains("--fail-on"), "{shell} offers {flags}");
}

#[test]
fn bash_offers_subcommands_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    let script = script(folder.path(), "bash", "orgscan.bash");
    let offered = |words: &str, count: usize| {
        let program = format!(
            "source '{script}'; COMP_WORDS=({words}); COMP_CWORD={count}; \
             _orgscan orgscan \"${{COMP_WORDS[{count}]}}\" \"${{COMP_WORDS[{count}-1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        run("bash", &["--norc", "--noprofile", "-c", &program], folder.path())
    };
    assert_offers("bash", &offered("orgscan ''", 1), &offered("orgscan credential-report --p", 2));
}

#[test]
fn zsh_offers_subcommands_and_flags() {
    // Its completion system works in its line editor alone, so a zsh that takes itself for an interactive one is typed to.
    const OFFER: &str = "
        autoload -U compinit && compinit -u -D || exit 3
        [[ ${_comps[orgscan]} = _orgscan ]] || exit 4
        zmodload zsh/zpty
        zpty -b shell zsh -f -i
        zpty -w shell \"PROMPT=; unsetopt zle_bracketed_paste 2>/dev/null; fpath=($1 \\$fpath); autoload -U compinit; compinit -u -D\"
        zpty -w shell \"bindkey '^X' list-choices; LISTMAX=0; zstyle ':completion:*' list-prompt ''; stty columns 200 rows 200; print ready\"
        zpty -r -m shell seen '*ready*ready*' || exit 5
        zpty -w -n shell \"$2\"$'\\x18'
        zpty -r -m shell seen \"*$3*\" || exit 6
        print -r -- $seen
    ";
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "zsh", "_orgscan");
    let place = folder.path().to_str().unwrap();
    run("zsh", &["-n", "_orgscan"], folder.path());
    let program = format!("fpath=({place} $fpath)\n{OFFER}");
    let offered = |line: &str, last: &str| run("zsh", &["-f", "-c", &program, "zsh", place, line, last], folder.path());
    let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert_offers(
        "zsh",
        &lines(&offered("orgscan ", "settings")),
        &offered("orgscan credential-report --p", "profile"),
    );
}

#[test]
fn fish_offers_subcommands_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    let script = script(folder.path(), "fish", "orgscan.fish");
    let offered = |line: &str| {
        let program = format!("source '{script}'; complete -C '{line}'");
        run("fish", &["--no-config", "-c", &program], folder.path())
    };
    assert_offers("fish", &offered("orgscan "), &offered("orgscan credential-report --p"));
}

#[test]
fn powershell_gets_a_script_with_every_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    let script = std::fs::read_to_string(script(folder.path(), "powershell", "orgscan.ps1")).unwrap();
    assert!(script.contains("Register-ArgumentCompleter -Native -CommandName 'orgscan'"), "{script}");
    for name in subcommands() {
        assert!(script.contains(&format!("'{name}'")), "{name} is missing");
    }
}
