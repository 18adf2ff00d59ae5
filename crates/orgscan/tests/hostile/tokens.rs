//! ARNs, ids and tokens that a service answers.

use proptest::prelude::*;
use proptest::sample::select;

use super::properties::arn_and_token::holds;
use super::{inputs, joined, text};

fn arn() -> impl Strategy<Value = String> {
    let field = select(
        &[
            "arn",
            "aws",
            "aws-cn",
            "aws-us-gov",
            "s3",
            "ec2",
            "iam",
            "",
            "us-east-1",
            "eu-west-1",
            "000000000012",
            "a/b",
            "*",
        ][..],
    );
    proptest::collection::vec(field, 1..9).prop_map(|fields| fields.join(":"))
}

fn path() -> impl Strategy<Value = String> {
    let part = select(&["o-a", "r-b", "ou-c-d", "000000000012", "123456789012", "", "/", "2026-11-21T06-00-00Z"][..]);
    proptest::collection::vec(part, 0..6).prop_map(|parts| parts.join("/"))
}

proptest! {
    #![proptest_config(inputs(400))]

    #[test]
    fn any_arn_path_and_text_is_taken_for_what_it_is(
        texts in proptest::collection::vec(prop_oneof![arn(), path(), text(), "[0-9]{11,13}"], 1..6),
    ) {
        holds(&joined(&texts));
    }

    #[test]
    fn a_listing_ends_whatever_its_tokens_are_and_loses_no_page(
        tokens in proptest::collection::vec(prop_oneof![9 => "[a-z]", 1 => text()], 0..40),
    ) {
        holds(&joined(&tokens));
    }

    #[test]
    fn any_bytes_are_no_reason_to_panic(bytes: Vec<u8>) {
        holds(&bytes);
    }
}
