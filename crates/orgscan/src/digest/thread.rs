//! What keeps one Organization's digests in one thread.

use crate::account::{AccountId, OrgId};

/// Longest id of an Organization that goes into a header. AWS allows 34 characters.
const ORG_ID_CHARACTERS: usize = 64;

/// A message id, the same for every digest of an Organization, for the header `References`.
///
/// SES gives each message an id of its own and replaces any that is sent along (SES developer guide, "Amazon SES header
/// fields"), so the digests of an Organization refer to a message that was never sent: RFC 5322, section 3.6.4, has mail
/// programs thread by `References` whether or not they have what it names. `In-Reply-To` is not needed for it, and would
/// have them say that the digest is a reply. `.invalid` is nobody's domain (RFC 2606), so nobody else makes this id.
///
/// It is ASCII and at most 140 characters long, whatever the id of the Organization is.
pub fn thread_id(org_id: &OrgId, management_account: AccountId) -> String {
    let org_id: String = org_id
        .as_str()
        .chars()
        .filter(|one| one.is_ascii_alphanumeric() || *one == '-')
        .take(ORG_ID_CHARACTERS)
        .collect();
    // A message id has no empty parts between its dots.
    let org_id = if org_id.is_empty() { "organization" } else { &org_id };
    format!("<credential-report.{org_id}.{management_account}@orgscan.invalid>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(org_id: &str) -> String {
        thread_id(&OrgId::new(org_id), "000000000012".parse().unwrap())
    }

    #[test]
    fn digests_of_an_organization_are_of_one_thread() {
        assert_eq!(id("o-a1b2c3d4e5"), "<credential-report.o-a1b2c3d4e5.000000000012@orgscan.invalid>");
        assert_ne!(id("o-a1b2c3d4e5"), id("o-a1b2c3d4e6"));
        let other = thread_id(&OrgId::new("o-a1b2c3d4e5"), "000000000013".parse().unwrap());
        assert_ne!(id("o-a1b2c3d4e5"), other);
    }

    #[test]
    fn a_thread_is_a_header_of_printable_ascii_whatever_the_organization_is_called() {
        let long = "ö<>@\r\nx".repeat(1_000);
        for org_id in ["", "..", "o-a\r\nBcc: someone@example.com", "o-<b>\"\\ \u{7f}\0", "组织", &long] {
            let id = id(org_id);
            assert!(id.len() <= 140, "{id}");
            let inner = id.strip_prefix('<').unwrap().strip_suffix("@orgscan.invalid>").unwrap();
            assert!(inner.split('.').all(|part| !part.is_empty()), "{id}");
            assert!(inner.chars().all(|one| one.is_ascii_alphanumeric() || "-.".contains(one)), "{id}");
        }
    }
}
