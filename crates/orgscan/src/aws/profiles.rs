//! Whether the profile that is asked for is there: the SDK takes one that is not for one that says nothing.

use aws_types::os_shim_internal::{Env, Fs};

use super::{Access, NoAccess};
use crate::error::chain;
use crate::invocation::process_environment;

/// Profiles that an error names.
const NAMED: usize = 10;

/// The profile of whoever names none.
const DEFAULT: &str = "default";

/// Looks for the profile of the command line, or of `AWS_PROFILE` where the environment has no credentials of its own.
pub(super) async fn check(access: &Access) -> Result<(), NoAccess> {
    let is_set = |name| process_environment(name).is_some_and(|value| !value.is_empty());
    let named = access.profile.clone();
    let from_environment = || process_environment("AWS_PROFILE").filter(|_| !is_set("AWS_ACCESS_KEY_ID"));
    match named.or_else(from_environment).filter(|name| !name.is_empty()) {
        Some(name) => look(&Fs::real(), &Env::real(), &name).await,
        None => Ok(()),
    }
}

#[expect(
    clippy::default_trait_access,
    reason = "the SDK's name for the type is deprecated, and its new one in another crate"
)]
async fn look(files: &Fs, environment: &Env, name: &str) -> Result<(), NoAccess> {
    let profiles = aws_config::profile::load(files, environment, &Default::default(), None)
        .await
        .map_err(|error| NoAccess::Profiles(chain(&error)))?;
    if name == DEFAULT || profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
    known.sort_unstable();
    if known.is_empty() {
        known.push("none".to_owned());
    }
    if known.len() > NAMED {
        let others = known.len() - NAMED;
        known.truncate(NAMED);
        known.push(format!("and {others} more"));
    }
    Err(NoAccess::Profile { name: name.to_owned(), known })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    async fn looked(config: &str, name: &str) -> Result<(), NoAccess> {
        let path = "/home/a/.aws/config".to_owned();
        let files = Fs::from_map(HashMap::from([(path, config.as_bytes().to_vec())]));
        look(&files, &Env::from_slice(&[("HOME", "/home/a")]), name).await
    }

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_named_with_those_that_are() {
        const CONFIG: &str = "[profile two]\nregion = us-east-1\n[profile one]\nregion = us-east-1\n";
        assert_eq!(looked(CONFIG, "one").await, Ok(()));
        assert_eq!(looked(CONFIG, DEFAULT).await, Ok(()));
        let error = looked(CONFIG, "three").await.unwrap_err().to_string();
        assert!(error.contains("no profile three") && error.ends_with("which have one, two"), "{error}");
        assert!(looked("", "three").await.unwrap_err().to_string().ends_with("which have none"));
    }

    #[tokio::test]
    async fn of_many_profiles_some_are_named_and_the_others_counted() {
        let many: Vec<String> = (10..30).map(|number| format!("[profile p{number}]\nregion = us-east-1\n")).collect();
        let error = looked(&many.concat(), "p1").await.unwrap_err().to_string();
        assert!(error.ends_with("p19, and 10 more"), "{error}");
    }
}
