//! Account ids on the command line: separated by commas, and as often as one likes.

use std::collections::BTreeSet;

use orgscan::account::AccountId;

/// The ids of one flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountIds(BTreeSet<AccountId>);

impl AccountIds {
    /// Reads ids that commas or blanks separate. What is no id is named, all of it at once.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let words = text.split(|one: char| one == ',' || one.is_whitespace()).filter(|word| !word.is_empty());
        let (mut ids, mut others) = (BTreeSet::new(), Vec::new());
        for word in words {
            match word.parse() {
                Ok(id) => drop(ids.insert(id)),
                Err(_) => others.push(format!("{word:?}")),
            }
        }
        if !others.is_empty() {
            return Err(format!("an account id has 12 digits; no id: {}", others.join(", ")));
        }
        if ids.is_empty() {
            return Err("an account id is expected, 12 digits".to_owned());
        }
        Ok(Self(ids))
    }

    /// All ids of a flag that was given several times.
    pub(crate) fn all(given: &[Self]) -> BTreeSet<AccountId> {
        given.iter().flat_map(|ids| ids.0.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_separated_by_commas_and_everything_that_is_none_is_named() {
        let ids = AccountIds::parse("222222222222,111111111111, 222222222222,").unwrap();
        let all: Vec<String> = AccountIds::all(&[ids]).iter().map(ToString::to_string).collect();
        assert_eq!(all, ["111111111111", "222222222222"]);
        let error = AccountIds::parse("111111111111,12,33333333333x").unwrap_err();
        assert!(error.contains("\"12\"") && error.contains("\"33333333333x\"") && !error.contains("111111111111"));
        for nothing in ["", ",", " , "] {
            assert!(AccountIds::parse(nothing).is_err(), "{nothing:?}");
        }
    }
}
