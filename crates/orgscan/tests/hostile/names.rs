//! Names and messages that AWS answers, in the mail and on the page.

use proptest::prelude::*;

use super::properties::{digest_html, report_page};
use super::{inputs, joined, text};

proptest! {
    #![proptest_config(inputs(60))]

    #[test]
    fn the_mail_shows_any_text_as_text_and_stays_below_its_limit(texts in proptest::collection::vec(text(), 1..40)) {
        digest_html::holds(&joined(&texts));
    }

    #[test]
    fn the_page_shows_any_text_as_text_and_its_findings_are_read_back(texts in proptest::collection::vec(text(), 1..12)) {
        report_page::holds(&joined(&texts));
    }

    #[test]
    fn any_bytes_are_no_reason_to_panic(bytes: Vec<u8>) {
        digest_html::holds(&bytes);
        report_page::holds(&bytes);
    }
}
