//! Takes out of a service's message what no log and no ledger may hold.
//!
//! A denied or wrongly signed request is answered with parts of itself: session tokens, access keys, mail addresses.

/// A session token has several hundred characters, a path of a role rarely so many without a `-` or `:`.
const TOKEN_LENGTH: usize = 100;

/// A secret access key has exactly so many.
const SECRET_LENGTH: usize = 40;

/// A signature has exactly so many hexadecimal digits; with the URL that it is part of, it is all that a request needs.
const SIGNATURE_LENGTH: usize = 64;

/// The message as one line, without credentials and mail addresses.
pub(super) fn scrub(message: &str) -> String {
    let line = message.split(|char: char| char.is_whitespace() || char.is_control());
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line = replace_runs(&line, |char| char.is_ascii_alphanumeric(), is_access_key_id, "[access key]");
    let line =
        replace_runs(&line, is_of_base64, |run| is_token(run) || is_secret(run) || is_signature(run), "[removed]");
    replace_runs(&line, is_of_address, is_address, "[address]")
}

/// Replaces each longest run of such characters that is `bad`.
fn replace_runs(text: &str, in_run: fn(char) -> bool, bad: fn(&str) -> bool, replacement: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|char| !in_run(char)).unwrap_or(rest.len()));
        replaced.push_str(if bad(run) { replacement } else { run });
        let (between, after) = after.split_at(after.find(in_run).unwrap_or(after.len()));
        replaced.push_str(between);
        rest = after;
    }
    replaced
}

fn is_access_key_id(run: &str) -> bool {
    (16..=32).contains(&run.len())
        && (run.starts_with("AKIA") || run.starts_with("ASIA"))
        && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Percent signs, since tokens are also sent as a parameter. No equals sign: it only fills up what comes before it, and what
/// comes after one, `secret=…`, is a value of its own.
fn is_of_base64(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '%' | '_')
}

fn is_token(run: &str) -> bool {
    run.len() >= TOKEN_LENGTH
}

fn is_secret(run: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| run.bytes().any(|byte| kind(&byte));
    run.len() == SECRET_LENGTH && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

fn is_signature(run: &str) -> bool {
    run.len() == SIGNATURE_LENGTH && run.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_of_address(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '.' | '_' | '%' | '+' | '-' | '@')
}

fn is_address(run: &str) -> bool {
    run.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.trim_matches('.').contains('.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    #[test]
    fn credentials_and_addresses_are_taken_out_and_the_rest_is_kept() {
        let token = "FwoGZXIvYXdzEBYaDH".repeat(12);
        let cases = [
            ("The security token is invalid", "The security token is invalid"),
            ("two\r\n  lines\tand a tab", "two lines and a tab"),
            ("Credential=AKIAIOSFODNN7EXAMPLE/20261121/us-east-1", "Credential=[access key]/20261121/us-east-1"),
            ("ASIAIOSFODNN7EXAMPLE.", "[access key]."),
            ("secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY!", "secret [removed]!"),
            ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key=[removed]"),
            (&format!("x-amz-security-token:{token}\nhost:a"), "x-amz-security-token:[removed] host:a"),
            ("not verified: jane.doe+x@example.com", "not verified: [address]"),
            (
                "arn:aws:sts::123456789012:assumed-role/r/jane@example.com",
                "arn:aws:sts::123456789012:assumed-role/r/[address]",
            ),
            ("orgscan@run is not an address", "orgscan@run is not an address"),
            (
                "User: arn:aws:sts::123456789012:assumed-role/OrganizationAccountAccessRole/orgscan-1 is not authorized",
                "User: arn:aws:sts::123456789012:assumed-role/OrganizationAccountAccessRole/orgscan-1 is not authorized",
            ),
            (&format!("Signature={}, and so on", "0af9".repeat(16)), "Signature=[removed], and so on"),
            (&format!("a hash of {} is none", "0af9".repeat(10)), &format!("a hash of {} is none", "0af9".repeat(10))),
            ("grüße … unknown", "grüße … unknown"),
            ("", ""),
        ];
        for (message, expected) in cases {
            assert_eq!(scrub(message), expected);
        }
    }

    /// What no message may keep.
    fn secret() -> impl Strategy<Value = String> {
        prop_oneof![
            "(AKIA|ASIA)[A-Z0-9]{16}",
            "[A-Z][a-z][0-9][A-Za-z0-9/+]{37}",
            "[A-Za-z0-9/+]{100,400}={0,2}",
            "[a-z][a-z0-9.+-]{0,20}@[a-z]{1,10}\\.(com|co\\.uk)",
        ]
    }

    /// What may stand around it.
    fn around() -> impl Strategy<Value = String> {
        let mark = select(&[" ", "\n", "\"", "'", "=", ": ", ",", "(", "<", "&", "\0", "\u{2028}"][..]);
        let word = prop_oneof!["[a-z]{0,12}", Just("arn:aws:iam::123456789012:role".to_owned()), any::<String>()];
        (word, mark, select(&["", " ", "x "][..])).prop_map(|(word, mark, rest)| format!("{word} {rest}{mark}"))
    }

    proptest! {
        #![proptest_config(Config { rng_seed: RngSeed::Fixed(6), failure_persistence: None, cases: 2_000, ..Config::default() })]

        #[test]
        fn no_credential_and_no_address_is_left_wherever_it_stands(
            before in around(),
            secret in secret(),
            after in select(&["", " ", "\n", "\"", "'", ",", ")", ">", "&", "\0", ";", " and more"][..]),
        ) {
            let scrubbed = scrub(&format!("{before}{secret}{after}"));
            prop_assert!(!scrubbed.contains(secret.trim_end_matches('=')), "{scrubbed}");
            prop_assert!(!scrubbed.contains(char::is_control), "{scrubbed:?}");
        }

        #[test]
        fn any_message_is_one_line_that_is_scrubbed_already(message: String, more in around()) {
            let scrubbed = scrub(&format!("{message}{more}"));
            prop_assert!(!scrubbed.contains(char::is_control), "{scrubbed:?}");
            prop_assert_eq!(scrub(&scrubbed), scrubbed);
        }
    }
}
