//! What fuzzing began with and found, kept in `fuzz/corpus/`.

use std::path::Path;

use super::properties;

/// A target, and what it holds its input against.
type Target = (&'static str, fn(&[u8]));

#[test]
fn what_is_kept_for_fuzzing_holds() {
    let targets: [Target; 9] = [
        ("arn_and_token", properties::arn_and_token::holds),
        ("credential_report", properties::credential_report::holds),
        ("digest_html", properties::digest_html::holds),
        ("event", properties::event::holds),
        ("exemptions", properties::exemptions::holds),
        ("formula_guard", properties::formula_guard::holds),
        ("merged_report", properties::merged_report::holds),
        ("report_page", properties::report_page::holds),
        ("settings", properties::settings::holds),
    ];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut names: Vec<String> =
        corpus.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, targets.map(|(name, _)| name), "every target has a corpus, and every corpus a target");
    for (name, holds) in targets {
        let mut inputs = 0;
        for entry in corpus.join(name).read_dir().unwrap() {
            holds(&std::fs::read(entry.unwrap().path()).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 3, "{name} has {inputs} inputs");
    }
}
