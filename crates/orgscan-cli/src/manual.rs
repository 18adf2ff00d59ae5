//! `orgscan man`: manual pages, from the same words as the help.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;

use crate::arguments::{Arguments, COMPLETE, NOTHING_WRITTEN, USAGE, say};
use crate::print::{ended, print};

#[derive(Debug, Args)]
pub(crate) struct ManualArguments {
    /// The command whose page is printed, such as `exemptions check`; without one it is that of orgscan itself.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,

    /// Write every page to this folder, such as ~/.local/share/man/man1, and print none.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    output_dir: Option<PathBuf>,
}

/// Prints a page, or writes all of them.
pub(crate) fn run(arguments: &ManualArguments) -> ExitCode {
    let mut root = Arguments::command();
    root.build();
    if let Some(folder) = &arguments.output_dir {
        let made = std::fs::create_dir_all(folder).and_then(|()| {
            pages(&root)?.into_iter().try_for_each(|(name, page)| std::fs::write(folder.join(name), page))
        });
        if let Err(error) = made {
            say(&format!("orgscan: {} cannot be written: {error}", folder.display()));
            return ExitCode::from(NOTHING_WRITTEN);
        }
        return ExitCode::from(COMPLETE);
    }
    let mut found = Some(&root);
    for name in &arguments.command {
        found = found.and_then(|command| command.find_subcommand(name));
    }
    match found.map(page) {
        Some(Ok((_, page))) => ended(print(&page)),
        Some(Err(error)) => {
            say(&format!("orgscan: the page cannot be made: {error}"));
            ExitCode::from(NOTHING_WRITTEN)
        }
        None => {
            say(&format!("orgscan: there is no command {}; orgscan --help lists them", arguments.command.join(" ")));
            ExitCode::from(USAGE)
        }
    }
}

/// A page and the name of its file.
fn page(command: &Command) -> io::Result<(String, Vec<u8>)> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let man = Man::new(command.clone().disable_help_subcommand(true).display_name(&name)).source("orgscan").manual("");
    let mut page = Vec::new();
    man.render(&mut page)?;
    Ok((format!("{name}.1"), page))
}

/// The pages of a command and of all below it.
fn pages(command: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut all = vec![page(command)?];
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        all.extend(pages(below)?);
    }
    Ok(all)
}
