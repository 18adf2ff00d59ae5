//! Whether what people see is in colour.

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::{ColorChoice, ValueEnum as _};
use orgscan::invocation::process_environment;

/// What the command line says, before it is parsed: its own errors and its help are in colour too, or are not.
pub(crate) fn named_in(words: &[OsString]) -> ColorChoice {
    let mut named = ColorChoice::Auto;
    let mut is_value = false;
    for word in words.iter().skip(1).filter_map(|word| word.to_str()).take_while(|word| *word != "--") {
        let value = if is_value { Some(word) } else { word.strip_prefix("--color=") };
        is_value = word == "--color";
        named = value.and_then(|value| ColorChoice::from_str(value, false).ok()).unwrap_or(named);
    }
    named
}

/// Whether what goes to `stream` is in colour. `NO_COLOR` counts where it is not empty (no-color.org), and a terminal that
/// calls itself dumb has none.
pub(crate) fn is_wanted(choice: ColorChoice, stream: &impl IsTerminal) -> bool {
    let is_set = |name| process_environment(name).is_some_and(|value| !value.is_empty());
    let is_dumb = process_environment("TERM").is_some_and(|terminal| terminal == "dumb");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_choice_on_the_command_line_counts_before_it_is_parsed() {
        let named = |line: &str| named_in(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for (line, expected) in [
            ("orgscan settings", ColorChoice::Auto),
            ("orgscan --color never settings", ColorChoice::Never),
            ("orgscan settings --color=always", ColorChoice::Always),
            ("orgscan --color always settings --color never", ColorChoice::Never),
            ("orgscan --color sometimes", ColorChoice::Auto),
            ("orgscan --color", ColorChoice::Auto),
            ("orgscan findings -- --color=never", ColorChoice::Auto),
        ] {
            assert_eq!(named(line), expected, "{line}");
        }
    }
}
