//! What the text of a setting may look like. A name of the right shape may still name nothing: only AWS knows.

use crate::account::AccountId;

/// Whether S3 takes the text as a bucket's name (S3 user guide, "General purpose bucket naming rules").
pub(super) fn is_bucket_name(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte))
        && is_end(bytes.first())
        && is_end(bytes.last())
        && !text.contains("..")
        && text.parse::<std::net::Ipv4Addr>().is_err()
}

/// What a prefix may have at most, so that the longest name still fits the 1,024 bytes of a key.
const LONGEST_PREFIX: usize = 800;

/// The prefix with a slash at its end. A segment `.` or `..` is refused: tools and folders take it for another place.
pub(super) fn prefix(text: &str) -> Option<String> {
    let is_valid = !text.is_empty()
        && text.len() <= LONGEST_PREFIX
        && !text.starts_with('/')
        && !text.chars().any(char::is_control)
        && !text.split('/').any(|segment| segment == "." || segment == "..");
    is_valid.then(|| if text.ends_with('/') { text.to_owned() } else { format!("{text}/") })
}

/// Whether the text is the ARN of a KMS key or of an alias of one.
pub(super) fn is_kms_key_arn(text: &str) -> bool {
    let fields: Vec<&str> = text.split(':').collect();
    let [arn, partition, service, region, account, resource] = fields.as_slice() else {
        return false;
    };
    let name = resource.strip_prefix("key/").or_else(|| resource.strip_prefix("alias/"));
    *arn == "arn"
        && is_of(partition, |byte| byte.is_ascii_lowercase() || byte == b'-')
        && *service == "kms"
        && is_region_name(region)
        && account.parse::<AccountId>().is_ok()
        && name.is_some_and(|name| is_of(name, |byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte)))
}

/// Whether a table can have the text as its name (Amazon `DynamoDB` developer guide, "Naming rules").
pub(super) fn is_table_name(text: &str) -> bool {
    (3..=255).contains(&text.len()) && is_of(text, |byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// Whether the text is a role's name, with or without a path: `Name`, `a/b/Name`.
///
/// IAM takes more characters in a path. Here a path has only those of a name: it becomes part of a session policy's
/// resource, where `*` and `?` would stand for any role.
pub(super) fn is_role_name(text: &str) -> bool {
    let is_part = |part: &str| is_of(part, |byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    let (path, name) = text.rsplit_once('/').map_or((None, text), |(path, name)| (Some(path), name));
    // IAM counts the slashes at both ends of a path of at most 512 characters.
    let is_path = |path: &str| path.len() <= 510 && path.split('/').all(is_part);
    name.len() <= 64 && is_part(name) && path.is_none_or(is_path)
}

/// Whether the text looks like a region's name: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
pub(super) fn is_region_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_word = |word: &str| is_of(word, |byte| byte.is_ascii_lowercase());
    first.len() >= 2
        && is_word(first)
        && !middle.is_empty()
        && middle.iter().all(|word| is_word(word))
        && number.len() <= 2
        && !number.starts_with('0')
        && is_of(number, |byte| byte.is_ascii_digit())
}

/// Whether the text is a resource type as the Tagging API filters by it: `service` or `service:type`.
pub(super) fn is_resource_type(text: &str) -> bool {
    let (service, kind) = text.split_once(':').map_or((text, None), |(service, kind)| (service, Some(kind)));
    text.len() <= 256
        && is_of(service, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && kind.is_none_or(|kind| is_of(kind, |byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)))
}

/// Whether the text can be a tag's key (Tagging API reference, `TagKey`: 1 to 128 characters).
pub(super) fn is_tag_key(text: &str) -> bool {
    (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Whether the text can be an address: one `@` with something on both sides. ASCII only, since SES takes no other
/// (SES developer guide: SMTPUTF8 is not supported), and none of what would end an address in a header.
pub(super) fn is_address(text: &str) -> bool {
    let is_part = |part: &str| is_of(part, |byte| byte.is_ascii_graphic() && !b"@<>,;:\"()[]\\".contains(&byte));
    text.len() <= 320 && text.split_once('@').is_some_and(|(local, domain)| is_part(local) && is_part(domain))
}

/// Whether the text is an address, or one in angle brackets after a name.
pub(super) fn is_sender(text: &str) -> bool {
    let Some(rest) = text.strip_suffix('>') else {
        return is_address(text);
    };
    let is_name = |name: &str| name.bytes().all(|byte| byte == b' ' || (byte.is_ascii_graphic() && byte != b'>'));
    rest.split_once('<').is_some_and(|(name, address)| text.len() <= 512 && is_name(name) && is_address(address))
}

/// Whether SES takes the text as the name of a configuration set.
pub(super) fn is_configuration_set(text: &str) -> bool {
    text.len() <= 64 && is_of(text, |byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}
