//! Percent-encoded text: forms, query strings, paths.

use std::borrow::Cow;

/// The value of a name in a form or a query string; empty where the name stands without one.
pub(crate) fn value<'a>(form: &'a str, name: &str) -> Option<Cow<'a, str>> {
    form.split('&').find_map(|field| match field.split_once('=') {
        Some((found, value)) if found == name => Some(decoded(value, true)),
        None if field == name => Some(Cow::Borrowed("")),
        _ => None,
    })
}

/// A path as it was meant.
pub(crate) fn path(path: &str) -> Cow<'_, str> {
    decoded(path, false)
}

fn decoded(text: &str, plus_is_space: bool) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'%' || (plus_is_space && byte == b'+')) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (b'+', _) if plus_is_space => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_and_decoded() {
        let form = "Action=AssumeRole&RoleArn=arn%3Aaws%3aiam%3A%3A1%3Arole%2Fa&Policy=a+b%20c&uploads";
        assert_eq!(value(form, "Action").as_deref(), Some("AssumeRole"));
        assert_eq!(value(form, "RoleArn").as_deref(), Some("arn:aws:iam::1:role/a"));
        assert_eq!(value(form, "Policy").as_deref(), Some("a b c"));
        assert_eq!(value(form, "uploads").as_deref(), Some(""));
        assert_eq!(value(form, "Act"), None);
    }

    #[test]
    fn a_path_keeps_its_plus_and_what_is_no_encoding() {
        assert_eq!(path("/b/a+b%2Fc%C3%A9%"), "/b/a+b/cé%");
        assert_eq!(path("/b/%zz%2"), "/b/%zz%2");
    }
}
