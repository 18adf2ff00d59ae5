mod world;

use std::io::{self, Read};

use self::world::{World, header, realistic};
use super::*;
use crate::ledger::Outcome;

/// The names of all tags, in their order.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .map(|tag| tag.split(|end: char| end == '>' || end.is_ascii_whitespace()).next().unwrap_or_default())
        .collect()
}

#[test]
fn a_digest_as_html() {
    insta::assert_snapshot!(realistic().render().html);
}

#[test]
fn a_digest_as_text() {
    let digest = realistic().render();
    insta::assert_snapshot!(digest.text);
    for line in digest.text.lines().filter(|line| line.trim_start().contains(' ')) {
        assert!(line.chars().count() <= 78 || line.contains("s3://"), "{line}");
    }
}

#[test]
fn the_subject_of_a_digest_counts_accounts_in_scope() {
    assert_eq!(realistic().render().subject, "AWS credential report - o-a1b2c3d4e5 - 2026-11-21: 5 of 8 accounts");
    assert_eq!(
        World::of_size(1, 0).render().subject,
        "AWS credential report - o-a1b2c3d4e5 - 2026-11-21: 1 of 1 account"
    );
    let mut world = World::empty();
    world.org_id = OrgId::new("o-a\r\nBcc: someone@example.com\u{202e}");
    assert_eq!(
        world.render().subject,
        "AWS credential report - o-a  Bcc: someone@example.com - 2026-11-21: 0 of 0 accounts"
    );
}

#[test]
fn a_digest_says_first_whether_all_accounts_were_read() {
    use Outcome::{Denied, Reported, ReportedPartially, SkippedState};
    for (outcomes, class, status) in [
        (vec![], "warning", "No account was listed."),
        (vec![SkippedState], "warning", "No account was to be read: all were left out."),
        (vec![Reported], "good", "The one account in scope was read."),
        (vec![Reported, Reported, SkippedState], "good", "All 2 accounts in scope were read."),
        (vec![Reported, ReportedPartially], "warning", "All 2 accounts in scope were read. One was read only in part."),
        (vec![Denied], "bad", "The one account in scope could not be read."),
        (vec![Denied, Denied], "bad", "None of the 2 accounts in scope could be read."),
        (vec![Reported, Denied], "warning", "1 of 2 accounts in scope could not be read."),
        (
            vec![ReportedPartially, ReportedPartially, Denied],
            "warning",
            "1 of 3 accounts in scope could not be read. 2 were read only in part.",
        ),
    ] {
        let mut world = World::empty();
        for (id, outcome) in outcomes.iter().enumerate() {
            world.account(id as u64, "an account", *outcome, "");
        }
        let digest = world.render();
        assert!(digest.html.contains(&format!("<strong>{status}</strong>")), "{outcomes:?}: {}", digest.html);
        assert!(digest.html.contains(&format!("<p class=\"{class}\"")), "{outcomes:?}");
        assert!(digest.text.contains(&format!("\n{status}\n")), "{outcomes:?}: {}", digest.text);
    }
}

#[test]
fn a_digest_stays_below_its_limit_whatever_the_size_of_the_organization() {
    for (accounts, users) in [(0, 0), (1, 0), (1, 2_000), (100, 5), (10_000, 0)] {
        let world = World::of_size(accounts, users);
        let digest = world.render();
        assert!(digest.text.contains(if accounts == 0 { "There are no rows" } else { " row" }), "{}", digest.text);
    }
}

#[test]
fn a_digest_of_200_000_rows_reads_and_shows_only_what_fits() {
    /// The rows of an account again and again, which no memory holds at once.
    struct Rows<'a> {
        rows: std::iter::Cycle<std::slice::Iter<'a, u8>>,
        left: usize,
    }
    impl Read for Rows<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.left.min(buffer.len());
            for (to, from) in buffer.iter_mut().zip(self.rows.by_ref().take(length)) {
                *to = *from;
            }
            self.left -= length;
            Ok(length)
        }
    }
    let mut world = World::of_size(1, 19);
    let header = format!("{}\r\n", header());
    let rows = world.report.strip_prefix(&header).unwrap().to_owned();
    let size = rows.len() * 10_000;
    world.credentials.rows = 200_000;
    for account in 1..10_000 {
        world.account(account + 12, &format!("workload-{account}"), Outcome::Reported, "");
    }
    let mut stream = Rows { rows: rows.as_bytes().iter().cycle(), left: size };
    let digest = world.render_from(header.as_bytes().chain(&mut stream));
    assert!(size - stream.left < 200_000, "{} of {size} bytes were read", size - stream.left);
    assert!(digest.html.len() > HTML_LIMIT_BYTES - 1_000, "the HTML has {} bytes", digest.html.len());
    let shown = digest.html.matches("user-").count() + digest.html.matches("&#60;root_account").count();
    let note = format!("Showing {shown} of 200,000 rows; all of them are in the attached CSV.");
    assert!(digest.html.contains(&note), "{note}");
    assert!(digest.text.contains(&note), "{note}");
    assert_eq!(digest.text.matches(": password ").count(), shown);
}

#[test]
fn a_digest_of_the_longest_and_worst_texts_stays_below_its_limit() {
    for worst in ["&", "<", "\"", "'", "\u{1f4a3}", "中", "\n", "="] {
        let long = worst.repeat(5_000);
        let mut world = World::empty();
        world.org_id = OrgId::new(long.clone());
        for id in 0..2_000 {
            let outcome = Outcome::ALL[id % Outcome::ALL.len()];
            world.account(id as u64, &long, outcome, &long);
            if outcome == Outcome::Reported {
                world.user(id as u64, &long, [&long; 5]);
            }
        }
        world.warnings = vec![long.clone(); 100];
        world.report_location = Some(long.clone());
        world.coverage_location = Some(long.clone());
        for attachment in [
            AttachmentChoice::TooLarge,
            AttachmentChoice::Attached(AttachedFile {
                file_name: long.clone(),
                content_type: "application/gzip",
                content: Vec::new(),
            }),
        ] {
            world.attachment = attachment;
            let digest = world.render();
            assert!(digest.html.contains("rowgroup"), "{worst:?}: no row fitted");
            assert!(digest.html.contains("Showing 20 of "), "{worst:?}");
            assert!(digest.html.contains("90 more are in the run&#39;s summary."), "{worst:?}");
        }
    }
}

#[test]
fn a_digest_shows_hostile_names_and_runs_none() {
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' style='display:none",
        "</table></body>",
        "two\r\nlines",
        "=HYPERLINK(\"http://example.com\")",
        "{{ view.subject }}{% block x %}",
        "&lt;already&gt;",
        "中文账户",
        "<!-- ",
    ];
    let with = |name: &str| {
        let mut world = World::empty();
        world.account(12, name, Outcome::Reported, "");
        world.user(12, name, [name, name, name, name, name]);
        world.account(13, name, Outcome::Denied, name);
        world.warnings.push(name.to_owned());
        world.report_location = Some(name.to_owned());
        world.coverage_location = Some(name.to_owned());
        world.render()
    };
    let plain = with("plain");
    for name in names {
        let digest = with(name);
        assert_eq!(tags(&digest.html), tags(&plain.html), "{name:?}");
        assert_eq!(digest.html.matches('"').count(), plain.html.matches('"').count(), "{name:?}");
        assert!(digest.text.contains(&name.replace(['\r', '\n'], " ")), "{name:?} is in the text: {}", digest.text);
        let escaped = name.replace(['\r', '\n'], " ").replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
        let escaped = escaped.replace('"', "&#34;").replace('\'', "&#39;");
        assert!(digest.html.contains(&format!("{escaped} (000000000012)")), "{name:?}: {}", digest.html);
    }
    assert_eq!(with("two\nlines").text.lines().count(), with("two lines").text.lines().count());
}

#[test]
fn a_digest_closes_every_tag_it_opens() {
    for world in [World::empty(), realistic(), World::of_size(100, 50)] {
        let html = world.render().html;
        let mut open = Vec::new();
        for tag in tags(&html) {
            match tag.strip_prefix('/') {
                Some(tag) => assert_eq!(open.pop(), Some(tag)),
                None if ["!DOCTYPE", "meta", "br"].contains(&tag) => {}
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn a_digest_names_the_first_accounts_of_every_cause() {
    let mut world = World::empty();
    for id in 0..500 {
        world.account(id, "frequent", Outcome::AssumeDenied, "");
    }
    world.account(500, "rare", Outcome::MalformedReport, "it is empty");
    let digest = world.render();
    assert_eq!(digest.html.matches("frequent").count(), 19);
    assert_eq!(digest.html.matches("rare").count(), 1);
    assert!(digest.text.contains("Showing 20 of 501; all of them are in the coverage ledger."));
}

#[test]
fn a_digest_says_where_the_report_is() {
    let note = |attachment: &AttachmentChoice, location: Option<&str>| {
        let mut world = World::of_size(1, 2_000);
        world.attachment = attachment.clone();
        world.report_location = location.map(str::to_owned);
        let text = world.render().text.replace('\n', " ");
        text.split_once(" of 2,001 rows; ").unwrap().1.split_once(".  ").unwrap().0.to_owned()
    };
    let attached = World::empty().attachment;
    assert_eq!(note(&attached, Some("s3://audit/a.csv")), "all of them are in the attached CSV");
    assert_eq!(note(&attached, None), "all of them are in the attached CSV");
    assert_eq!(note(&AttachmentChoice::TooLarge, Some("s3://audit/a.csv")), "all of them are at s3://audit/a.csv");
    assert_eq!(note(&AttachmentChoice::TooLarge, None), "the CSV is too large to attach, and it could not be written");
}

#[test]
fn a_digest_can_be_read_in_light_and_dark() {
    let html = realistic().render().html;
    let colour = |block: &str, property: &str| {
        block
            .split(';')
            .filter_map(|declaration| declaration.split_once(':'))
            .find(|(name, _)| name.trim() == property)
            .and_then(|(_, value)| value.trim().get(1..7).and_then(|hex| u32::from_str_radix(hex, 16).ok()))
    };
    let blocks = html.split("style=\"").chain(html.split('{')).map(|rest| rest.split(['"', '}']).next().unwrap());
    let mut pairs: Vec<(u32, u32)> =
        blocks.filter_map(|block| Some((colour(block, "color")?, colour(block, "background")?))).collect();
    // Grey text on the page, and the page's text on the tables' head rows, in light and in dark.
    pairs.extend([(0x57_60_6a, 0xff_ff_ff), (0x1f_23_28, 0xee_f1_f4), (0x9d_a7_b3, 0x16_1b_22)]);
    assert!(pairs.len() > 7, "{pairs:?}");
    for (text, background) in pairs {
        let (one, other) = (luminance(text), luminance(background));
        let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
        assert!(contrast >= 4.5, "#{text:06x} on #{background:06x} has a contrast of {contrast:.1}");
    }
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: u32) -> f64 {
    let [_, red, green, blue] = colour.to_be_bytes().map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[test]
fn the_debug_text_of_a_digest_shows_none_of_it() {
    let text = format!("{:?}", realistic().render());
    assert!(!text.contains("alice") && !text.contains("o-a1b2c3d4e5"), "{text}");
}
