//! Takes out of a service's message what no log and no ledger may hold.
//!
//! A denied or wrongly signed request is answered with parts of itself: session tokens, access keys, mail addresses.

/// A session token has several hundred characters, a path of a role rarely so many without a `-` or `:`.
const TOKEN_LENGTH: usize = 100;

/// A secret access key has exactly so many.
const SECRET_LENGTH: usize = 40;

/// The message as one line, without credentials and mail addresses.
pub(super) fn scrub(message: &str) -> String {
    let line = message.split(|char: char| char.is_whitespace() || char.is_control());
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line = replace_runs(&line, |char| char.is_ascii_alphanumeric(), is_access_key_id, "[access key]");
    let line = replace_runs(&line, is_of_base64, |run| is_token(run) || is_secret(run), "[removed]");
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

/// Percent signs, since tokens are also sent as a parameter.
fn is_of_base64(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '=' | '%' | '_')
}

fn is_token(run: &str) -> bool {
    run.len() >= TOKEN_LENGTH
}

fn is_secret(run: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| run.bytes().any(|byte| kind(&byte));
    run.len() == SECRET_LENGTH && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

fn is_of_address(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '.' | '_' | '%' | '+' | '-' | '@')
}

fn is_address(run: &str) -> bool {
    run.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.trim_matches('.').contains('.'))
}

#[cfg(test)]
mod tests {
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
            ("grüße … unknown", "grüße … unknown"),
            ("", ""),
        ];
        for (message, expected) in cases {
            assert_eq!(scrub(message), expected);
        }
    }
}
