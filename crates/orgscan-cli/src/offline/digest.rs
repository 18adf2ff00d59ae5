//! `orgscan digest`: the mail and the page that credential reports at hand would make.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use orgscan::assessment::{AssessedRow, Sink};
use orgscan::digest::{Coverage, OrganizationDigest, render};
use orgscan::error::chain;
use orgscan::report_page::{PageEnd, PageHead, ReportPage};
use tempfile::NamedTempFile;

use super::Problem;
use super::input::place_of;
use super::reports::{ReportArguments, Reports};
use crate::arguments::COMPLETE;

#[derive(Debug, Args)]
pub(crate) struct DigestArguments {
    #[command(flatten)]
    reports: ReportArguments,

    /// Write the digest as HTML to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write the digest as plain text to this file; without --html and --page it goes to standard output.
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,

    /// Write the page with charts and a table of all credentials to this file.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,

    /// Write all three to this folder, digest.html, digest.txt and page.html, but for those that have a place of their own.
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
}

/// Where the outputs go.
struct Places {
    html: Option<PathBuf>,
    text: Option<PathBuf>,
    page: Option<PathBuf>,
}

impl Places {
    fn of(arguments: &DigestArguments) -> Self {
        let place = |own: &Option<PathBuf>, name: &str| {
            own.clone().or_else(|| arguments.output_dir.as_ref().map(|folder| folder.join(name)))
        };
        Self {
            html: place(&arguments.html, "digest.html"),
            text: place(&arguments.text, "digest.txt"),
            page: place(&arguments.page, "page.html"),
        }
    }
}

/// What the rows are for: the accounts that have any, and a page where one is asked for.
#[derive(Default)]
struct Rows {
    accounts: HashSet<String>,
    page: Option<(Output, ReportPage<BufWriter<File>>)>,
}

impl Sink for Rows {
    fn row(&mut self, row: &AssessedRow<'_>) -> io::Result<()> {
        if !self.accounts.contains(row.account_id) {
            self.accounts.insert(row.account_id.to_owned());
        }
        match &mut self.page {
            Some((_, page)) => page.row(row),
            None => Ok(()),
        }
    }
}

/// Makes what is asked for.
pub(crate) fn run(arguments: &DigestArguments) -> Result<ExitCode, Problem> {
    let reports = Reports::open(&arguments.reports)?;
    let places = Places::of(arguments);
    check_outputs(&places, &reports.inputs)?;
    if let Some(folder) = &arguments.output_dir {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let as_of = reports.as_of;
    let mut rows = Rows::default();
    if let Some(path) = &places.page {
        let head = PageHead { org_id: None, management_account: None, time: as_of };
        let begun = Output::open(path).and_then(|output| {
            let to = BufWriter::new(output.file()?);
            Ok((output, ReportPage::new(to, &head)?))
        });
        rows.page = Some(begun.map_err(|error| unwritable(path, &error))?);
    }
    let (assessment, trend) = reports.assess(&mut rows)?;
    if let (Some((output, page)), Some(path)) = (rows.page, &places.page) {
        let end = PageEnd { assessment: &assessment, trend: &trend, coverage: None, links: &[] };
        let ended = page.finish(&end).and_then(|mut to| to.flush());
        ended.and_then(|()| output.keep()).map_err(|error| unwritable(path, &error))?;
    }
    let digest = render(&OrganizationDigest {
        org_id: None,
        management_account: None,
        scheduled_time: as_of,
        coverage: Coverage::Report { accounts: rows.accounts.len() as u64 },
        assessment: &assessment,
        report_location: None,
        coverage_location: None,
        findings_location: None,
        page_location: places.page.as_deref().and_then(Path::to_str),
        console: None,
        attachment: None,
        warnings: &[],
    })
    .map_err(|error| Problem::Failed(chain(&error)))?;
    for (path, content) in [(&places.html, &digest.html), (&places.text, &digest.text)] {
        if let Some(path) = path {
            let written = Output::open(path).and_then(|output| {
                output.file()?.write_all(content.as_bytes())?;
                output.keep()
            });
            written.map_err(|error| unwritable(path, &error))?;
        }
    }
    if places.html.is_none() && places.text.is_none() && places.page.is_none() {
        let mut out = io::stdout().lock();
        write!(out, "{}\n\n{}", digest.subject, digest.text)
            .map_err(|error| Problem::writing("standard output", &error))?;
    }
    Ok(ExitCode::from(COMPLETE))
}

/// Nothing that is written may take the place of what is read, or of what else is written.
fn check_outputs(places: &Places, inputs: &[PathBuf]) -> Result<(), Problem> {
    let mut taken: Vec<(PathBuf, &str)> = inputs.iter().map(|path| (place_of(path), "what is read")).collect();
    let outputs = [("--html", &places.html), ("--text", &places.text), ("--page", &places.page)];
    for (option, path) in outputs {
        let Some(path) = path else { continue };
        let place = place_of(path);
        if let Some((_, by)) = taken.iter().find(|(other, _)| *other == place) {
            return Err(Problem::Usage(format!("{option}: {} is {by} already", path.display())));
        }
        taken.push((place, option));
    }
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    Problem::Failed(format!("{} cannot be written: {error}", path.display()))
}

/// Where an output goes.
enum Output {
    /// A file beside its place, which it takes when it is whole. It can be read by its owner alone: it has personal data.
    Beside(NamedTempFile, PathBuf),
    /// Straight into what is no regular file, such as a pipe or a device, whose place must not be taken.
    Straight(File),
}

impl Output {
    fn open(path: &Path) -> io::Result<Self> {
        // A link stays one: what it leads to is written.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if std::fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
            return Ok(Self::Straight(File::options().write(true).open(&path)?));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Self::Beside(NamedTempFile::new_in(folder)?, path))
    }

    fn file(&self) -> io::Result<File> {
        match self {
            Self::Beside(file, _) => file.reopen(),
            Self::Straight(file) => file.try_clone(),
        }
    }

    /// Ends it, now that it is whole.
    fn keep(self) -> io::Result<()> {
        match self {
            Self::Beside(file, path) => file.persist(path).map(drop).map_err(|error| error.error),
            Self::Straight(_) => Ok(()),
        }
    }
}
