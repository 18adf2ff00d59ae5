//! Where the files are.

use orgscan::summary::{OrganizationSummary, Summary};
use orgscan::text::number;

use super::line::{COLUMNS, Line, columns_of, fitted};

/// At most five lines: the folder, and a line for each kind of file.
pub(super) fn of(summary: &Summary) -> Vec<Line> {
    if summary.dry_run {
        return vec![Line::of("Files: none, since a trial writes nothing")];
    }
    let of_kind = |kind: fn(&OrganizationSummary) -> &Option<String>| {
        summary.organizations.iter().filter_map(kind_of(kind)).collect::<Vec<&str>>()
    };
    let kinds = [
        of_kind(|one| &one.report),
        of_kind(|one| &one.coverage),
        of_kind(|one| &one.findings),
        of_kind(|one| &one.page),
    ];
    let Some(first) = kinds.iter().flatten().next() else { return vec![Line::of("Files: none was written")] };
    let folder = first.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut lines = vec![folder_line(folder)];
    lines.extend(kinds.iter().filter_map(|places| names(places)).map(|names| Line::of(&format!("  {names}"))));
    lines
}

fn kind_of<'a>(
    kind: fn(&OrganizationSummary) -> &Option<String>,
) -> impl Fn(&'a OrganizationSummary) -> Option<&'a str> {
    move |one| kind(one).as_deref()
}

/// A folder that is too long keeps its end, which tells it from others.
fn folder_line(folder: &str) -> Line {
    const BEGIN: &str = "Files in ";
    let room = COLUMNS - BEGIN.len() - 1;
    let shown = fitted(folder, usize::MAX);
    if columns_of(&shown) <= room {
        return Line::of(&format!("{BEGIN}{shown}/"));
    }
    let mut end = shown.as_str();
    while columns_of(end) >= room {
        end = end.char_indices().nth(1).and_then(|(at, _)| end.get(at..)).unwrap_or_default();
    }
    Line::of(&format!("{BEGIN}…{end}/"))
}

/// The name of a file; of several Organizations' the name with `*` for the account, and how many they are.
fn names(places: &[&str]) -> Option<String> {
    let first = places.first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    if places.len() == 1 {
        return Some(name.to_owned());
    }
    let rest = name.strip_prefix("aws-").and_then(|rest| rest.split_once('-')).map_or(name, |(_account, rest)| rest);
    Some(format!("{}  aws-*-{rest}", number(places.len() as u64)))
}
