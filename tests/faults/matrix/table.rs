//! The table that is printed: what each fault at each operation came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::column::Column;

/// Outcomes in a narrow column, with what they stand for.
const SHORT: [(&str, &str); 14] = [
    ("complete", "ok"),
    ("complete, with a warning", "warn"),
    ("reported", "ok"),
    ("partial", "part"),
    ("reported_partially", "part"),
    ("rejected", "rej"),
    ("broke off", "off"),
    ("throttled", "thr"),
    ("denied", "den"),
    ("assume_denied", "asd"),
    ("service_error", "err"),
    ("timeout", "time"),
    ("report_timeout", "rtime"),
    ("malformed_report", "malf"),
];

/// A run that failed, whatever its code.
const FAILED: &str = "FAIL";

/// What is in place of a cell where the fault cannot happen.
const NONE: &str = "-";

const WIDTH: usize = 7;

fn short(outcome: &str) -> &str {
    let known = SHORT.iter().find(|(name, _)| *name == outcome).map(|(_, short)| *short);
    known.unwrap_or(if outcome.starts_with("failed: ") { FAILED } else { "?" })
}

/// Makes the table of outcomes and whether each is as it must be, by row and column.
pub(crate) fn table(rows: &[&str], cells: &BTreeMap<(&str, Column), (String, bool)>) -> String {
    let name_width = rows.iter().map(|name| name.len()).max().unwrap_or_default() + 2;
    let mut table = format!("{:name_width$}", "");
    for column in Column::ALL {
        write!(table, "{:WIDTH$}", column.head()).unwrap();
    }
    for name in rows {
        write!(table, "\n{name:name_width$}").unwrap();
        for column in Column::ALL {
            let cell = cells.get(&(*name, column)).map_or(NONE.to_owned(), |(outcome, passed)| {
                format!("{}{}", short(outcome), if *passed { "" } else { "!!" })
            });
            write!(table, "{cell:WIDTH$}").unwrap();
        }
    }
    table.push_str("\n\n");
    for column in Column::ALL {
        writeln!(table, "{:WIDTH$}{}", column.head(), column.name()).unwrap();
    }
    table.push('\n');
    for (outcome, short) in SHORT {
        writeln!(table, "{short:WIDTH$}{outcome}").unwrap();
    }
    writeln!(table, "{FAILED:WIDTH$}the function failed\n{NONE:WIDTH$}the fault cannot happen there").unwrap();
    writeln!(table, "{:WIDTH$}not as it must be", "!!").unwrap();
    table
}
