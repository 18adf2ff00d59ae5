//! Text that somebody else wrote, as hostile as it may be: what is asserted in `properties/` holds of any bytes.
//!
//! Here inputs are made up by their grammars, and those that fuzzing kept are tried again; `fuzz/` looks for more of them
//! with the same properties.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on must fail")]

mod corpus;
mod events;
mod exemptions;
mod longest;
mod names;
mod reports;
mod settings;
mod tables;
mod tokens;

/// What has to hold, of bytes: `fuzz/` has the same files.
mod properties {
    pub(crate) mod arn_and_token;
    pub(crate) mod credential_report;
    pub(crate) mod digest_html;
    pub(crate) mod event;
    pub(crate) mod exemptions;
    pub(crate) mod formula_guard;
    pub(crate) mod html;
    pub(crate) mod merged_report;
    pub(crate) mod organization;
    pub(crate) mod report_page;
    pub(crate) mod settings;
}

use proptest::test_runner::{Config, RngSeed};

/// So many inputs, the same ones each time: looking further is what fuzzing is for.
fn inputs(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(6), failure_persistence: None, ..Config::default() }
}

/// Text as nobody should write it, and some as everybody does.
fn text() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;

    const PIECES: &[&str] = &[
        "a",
        "alice",
        "N/A",
        "true",
        "",
        " ",
        ",",
        "\"",
        "\"\"",
        "'",
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "\0",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{202e}",
        "\u{feff}",
        "\u{fffd}",
        "\u{10ffff}",
        "é",
        "中",
        "💣",
        ";",
        "\\",
        "<",
        ">",
        "&",
        "&amp;",
        "&lt;",
        "</script>",
        "<script>",
        "<!--",
        "-->",
        "]]>",
        "{{",
        "${",
        "%0a",
        "javascript:",
        "2026-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59Z",
        "-262144-01-01T00:00:00Z",
        "<root_account>",
        "arn:aws:iam::",
    ];
    prop_oneof![
        3 => proptest::collection::vec(proptest::sample::select(PIECES), 0..6).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => (proptest::sample::select(PIECES), 1..300_usize).prop_map(|(piece, times)| piece.repeat(times)),
    ]
}

/// The texts with what no text has between them.
fn joined(texts: &[String]) -> Vec<u8> {
    texts.iter().map(String::as_bytes).collect::<Vec<_>>().join(&0xff)
}
