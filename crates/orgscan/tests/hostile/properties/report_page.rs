//! What holds of the report page and of the findings that are written with it, whatever names AWS answers.

use std::io::{self, Read, Write};
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use orgscan::assessment::{AssessedRow, FindingLines, Sink};
use orgscan::config::CisVersion;
use orgscan::finding::Finding;
use orgscan::findings_format::{FindingsTable, JsonLines, OcsfEvents};
use orgscan::report_page::{PageEnd, PageHead, ReportPage};
use orgscan::trend::Trend;
use serde_json::Value;

use super::html::{Document, document};
use super::organization::{MARK, Organization, as_of};

/// The page's own script and style, which are most of it.
const SCRIPT: &str = include_str!("../../../assets/page.js");
const STYLE: &str = include_str!("../../../assets/page.css");

static HARMLESS: LazyLock<Document> = LazyLock::new(|| parts(&write(&Organization::harmless()).page));

pub(crate) fn holds(data: &[u8]) {
    let organization = Organization::of(data);
    let written = write(&organization);
    let html = parts(&written.page);
    html.assert_made_of(&HARMLESS);
    assert!(html.references.iter().all(|one| HARMLESS.references.contains(one)), "{:?}", html.references);
    assert!(html.text.contains(MARK), "names are shown as text");
    assert_eq!(users_in(&written.page), organization.texts, "the page's table has every name as it was");
    findings_are_read_back(&written);
    events_are_lines_of_json(&written);
    let table = csv::Reader::from_reader(written.table.as_slice()).into_records().map(Result::unwrap);
    assert_eq!(table.map(|row| row.iter().nth(3).unwrap().to_owned()).collect::<Vec<String>>(), users(&written));
}

/// What a page is made of, its own script and style left out: each stands in it whole and once.
fn parts(page: &str) -> Document {
    let (before, after) = page.split_once(STYLE).unwrap();
    let (between, after) = after.split_once(SCRIPT).unwrap();
    document(&[before, between, after].concat())
}

/// All that is written of an Organization's findings.
struct Written {
    page: String,
    findings: Vec<Finding<'static>>,
    lines: Vec<u8>,
    events: Vec<u8>,
    table: Vec<u8>,
}

struct Files {
    page: ReportPage<Vec<u8>>,
    findings: Vec<Finding<'static>>,
    lines: JsonLines<Vec<u8>>,
    events: OcsfEvents<Vec<u8>>,
    table: FindingsTable<Vec<u8>>,
}

impl Sink for Files {
    fn row(&mut self, row: &AssessedRow<'_>) -> io::Result<()> {
        self.page.row(row)
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.findings.push(finding.clone().into_owned());
        self.lines.finding(finding)?;
        self.events.finding(finding)?;
        self.table.finding(finding)
    }
}

fn write(organization: &Organization) -> Written {
    let head =
        PageHead { org_id: Some(organization.text(0)), management_account: Some(organization.text(1)), time: as_of() };
    let mut files = Files {
        page: ReportPage::new(Vec::new(), &head).unwrap(),
        findings: Vec::new(),
        lines: JsonLines::new(Vec::new()),
        events: OcsfEvents::new(Vec::new(), as_of(), CisVersion::V7),
        table: FindingsTable::new(Vec::new(), false).unwrap(),
    };
    let assessment = organization.assess(&mut files);
    let links: Vec<(String, String)> = organization.texts.iter().map(|text| (text.clone(), text.clone())).collect();
    let end = PageEnd { assessment: &assessment, trend: &Trend::default(), coverage: None, links: &links };
    Written {
        page: String::from_utf8(files.page.finish(&end).unwrap()).unwrap(),
        findings: files.findings,
        lines: files.lines.finish().unwrap(),
        events: files.events.finish().unwrap(),
        table: files.table.finish().unwrap(),
    }
}

/// The users that the page's script would show, block after block.
fn users_in(page: &str) -> Vec<String> {
    let (_, rows) = page.split_once("id=\"rows\">").unwrap();
    let (rows, _) = rows.split_once("</script>").unwrap();
    let mut lines = String::new();
    GzDecoder::new(STANDARD.decode(rows).unwrap().as_slice()).read_to_string(&mut lines).unwrap();
    let blocks = lines.split_terminator('\n').skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
    blocks.flat_map(|block| serde_json::from_value::<Vec<String>>(block["user"].clone()).unwrap()).collect()
}

fn users(written: &Written) -> Vec<String> {
    written.findings.iter().map(|finding| finding.user.clone().into_owned()).collect()
}

/// As the next run does.
fn findings_are_read_back(written: &Written) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&written.lines).unwrap();
    let mut lines = FindingLines::open(file.path()).unwrap();
    for finding in &written.findings {
        assert_eq!(lines.read().unwrap().as_ref(), Some(finding));
    }
    assert_eq!(lines.read().unwrap(), None);
}

fn events_are_lines_of_json(written: &Written) {
    let text = std::str::from_utf8(&written.events).unwrap();
    let events: Vec<Value> = text.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), written.findings.len());
    for (event, finding) in events.iter().zip(&written.findings) {
        assert_eq!(event["finding_info"]["uid"], finding.identity().to_hex());
        assert_eq!(event["cloud"]["account"]["name"], *finding.account_name);
    }
}
