//! One module for each service whose answers need no body of the request to be stored.

pub(crate) mod account_management;
pub(crate) mod dynamodb;
pub(crate) mod iam;
pub(crate) mod organizations;
pub(crate) mod ses;
pub(crate) mod sts;
pub(crate) mod tagging;
