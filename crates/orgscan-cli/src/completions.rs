//! `orgscan completions`: what a shell offers after `orgscan`.

use std::process::ExitCode;

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::aot::{Generator, Shell, generate};

use crate::arguments::Arguments;
use crate::print::{ended, print};

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    shell: ShellName,
}

/// Shells for which a test loads what is printed, and `PowerShell`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
}

/// Prints a script that the shell reads.
pub(crate) fn run(arguments: &CompletionsArguments) -> ExitCode {
    let shell = match arguments.shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
        ShellName::PowerShell => Shell::PowerShell,
    };
    ended(print(&script(shell)))
}

fn script(shell: impl Generator) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "orgscan", &mut script);
    script
}
