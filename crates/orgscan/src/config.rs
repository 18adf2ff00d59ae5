//! Settings, read once from the environment: every problem at once, by the variable's name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::account::AccountId;
use crate::region::RegionGroups;
use crate::tenant::TenantFilter;

mod read;
mod reader;
mod settings;
mod shape;
#[cfg(test)]
mod tests;

pub(crate) use reader::{Members, described, quoted};
pub(crate) use settings::ORGANIZATION_ROLE;
pub use settings::{DefaultValue, SETTINGS, Setting};

/// Which function the settings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// The inventory.
    AccountMetadata,
    /// The audit.
    CredentialReport,
}

impl Job {
    /// The job's name, after what it makes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountMetadata => "account-metadata",
            Self::CredentialReport => "credential-report",
        }
    }
}

/// Where the job runs: on Lambda the bucket is required, on a terminal it is only for `--bucket`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A Lambda function.
    Lambda,
    /// The `orgscan` command.
    Terminal,
}

/// All settings of a job. `Debug` shows no external id and no mail address.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `OUTPUT_BUCKET`, `OUTPUT_PREFIX`, `EXPECTED_BUCKET_OWNER`, `KMS_KEY_ARN`.
    pub output: Output,
    /// `DYNAMO_TABLE_NAME` and what goes with it; none: the caller's own Organization.
    pub tenants: Option<TenantsTable>,
    /// `MEMBER_ROLE_NAME`, `MEMBER_ROLE_VIA`.
    pub member_role: MemberRole,
    /// `EXTERNAL_ID`.
    pub external_id: Option<ExternalId>,
    /// `ACCOUNTS_INCLUDE`, `ACCOUNTS_EXCLUDE`.
    pub accounts: AccountSelection,
    /// `CSV_FORMULA_GUARD`.
    pub formula_guard: FormulaGuard,
    /// `MAX_IN_FLIGHT`: requests in flight.
    pub max_in_flight: NonZeroUsize,
    /// `QUOTA_PERCENT`: the share of AWS's published request quotas that a run uses.
    pub quota_percent: NonZeroU32,
    /// `ACCOUNT_TIMEOUT_SECONDS`: for one account, waiting included.
    pub account_timeout: Duration,
    /// `DEADLINE_RESERVE_SECONDS`: kept back from the deadline to write and mail.
    pub deadline_reserve: Duration,
    /// What only the inventory uses.
    pub inventory: Inventory,
    /// What only the audit uses.
    pub audit: Audit,
}

/// Where reports go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// `OUTPUT_BUCKET`.
    pub bucket: Option<String>,
    /// `OUTPUT_PREFIX`: empty, or ending with `/`.
    pub prefix: String,
    /// `EXPECTED_BUCKET_OWNER`; none: the caller's own account.
    pub expected_bucket_owner: Option<AccountId>,
    /// `KMS_KEY_ARN`: SSE-KMS for every object.
    pub kms_key_arn: Option<String>,
}

/// The tenants table and how its Organizations are entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantsTable {
    /// `DYNAMO_TABLE_NAME`.
    pub name: String,
    /// `TENANT_FILTER`.
    pub filter: TenantFilter,
    /// `CROSS_ACCOUNT_ROLE_NAME`: the role in each tenant's management account.
    pub management_role: String,
}

/// The role in each member account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRole {
    /// `MEMBER_ROLE_NAME`.
    pub name: String,
    /// `MEMBER_ROLE_VIA`.
    pub via: Via,
}

/// Whose session assumes the member role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The process's own.
    Caller,
    /// The session in the management account.
    Management,
}

/// An external id: a secret between two parties, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(pub String);

impl fmt::Debug for ExternalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ExternalId(…)")
    }
}

/// Which of the listed accounts are scanned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountSelection {
    /// None: all.
    pub include: Option<BTreeSet<AccountId>>,
    /// Left out even where included.
    pub exclude: BTreeSet<AccountId>,
}

impl AccountSelection {
    /// Whether an account is among them, by its id as a report has it.
    pub fn has(&self, account_id: &str) -> bool {
        if self.include.is_none() && self.exclude.is_empty() {
            return true;
        }
        match account_id.parse() {
            Ok(id) => !self.exclude.contains(&id) && self.include.as_ref().is_none_or(|include| include.contains(&id)),
            Err(_) => self.include.is_none(),
        }
    }
}

/// Which CSVs get a `'` before a cell that a spreadsheet would take for a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormulaGuard {
    /// The mail's attachment, which people open.
    Mail,
    /// Every CSV.
    All,
    /// None.
    Off,
}

/// Settings of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// `REGION_DETECTION`.
    pub region_detection: bool,
    /// `REGIONS`: asked instead of the account's enabled regions; sorted.
    pub regions: Option<Vec<String>>,
    /// `REGION_GROUPS`.
    pub region_groups: RegionGroups,
    /// `REGION_CACHE_HOURS`: how old an account's regions of the last run may be to be used again; zero: never.
    pub region_cache: Duration,
    /// `RESOURCE_TYPES`: type filters of `GetResources`; empty: all.
    pub resource_types: Vec<String>,
    /// `ENVIRONMENT_TAG_KEYS`: the first that an account has wins, whatever its case.
    pub environment_tag_keys: Vec<String>,
    /// `AIDE_ID_TAG_KEYS`: the same.
    pub aide_id_tag_keys: Vec<String>,
    /// `TAG_SOURCE`.
    pub tag_source: TagSource,
    /// `TAG_VERIFY_LIMIT`: how many accounts without a tag in the bulk listing are asked one by one.
    pub tag_verify_limit: usize,
}

/// Where account tags come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagSource {
    /// In bulk, then one by one for accounts the bulk listing does not have; all one by one where bulk is denied.
    Auto,
    /// In bulk only.
    Tagging,
    /// One by one only.
    Organizations,
}

/// Settings of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// `MAIL_SENDER` and `MAIL_RECIPIENTS`; none: no mail.
    pub mail: Option<Mail>,
    /// `CIS_VERSION`: which benchmark the findings follow.
    pub cis_version: CisVersion,
    /// `UNUSED_DAYS`.
    pub unused_days: u32,
    /// `KEY_ROTATION_DAYS`.
    pub key_rotation_days: u32,
    /// `ROOT_USE_DAYS`.
    pub root_use_days: u32,
    /// `EXEMPTIONS`: an `s3://` URI or a file.
    pub exemptions: Option<String>,
}

/// A version of the CIS AWS Foundations Benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CisVersion {
    /// 5.0.0.
    V5,
    /// 6.0.0.
    V6,
    /// 7.0.0.
    V7,
}

impl CisVersion {
    /// The version as `CIS_VERSION` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V5 => "5.0.0",
            Self::V6 => "6.0.0",
            Self::V7 => "7.0.0",
        }
    }
}

/// Where the digest goes. `Debug` shows no address.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// `MAIL_SENDER`.
    pub sender: String,
    /// `MAIL_RECIPIENTS`.
    pub recipients: Vec<String>,
    /// `MAIL_WHEN`.
    pub when: MailWhen,
    /// `SES_CONFIGURATION_SET`.
    pub configuration_set: Option<String>,
}

impl Mail {
    /// The sender's bare address, where `MAIL_SENDER` has a name beside it.
    pub fn address(&self) -> &str {
        let inner = self.sender.rsplit_once('<').map_or(self.sender.as_str(), |(_name, address)| address);
        inner.trim_end_matches('>')
    }

    /// The identities that SES may know an address by, the nearest first: itself, its domain, and the domains above that,
    /// since a verified domain covers its subdomains (SES developer guide, "Creating and verifying identities").
    pub fn identities_of(address: &str) -> impl Iterator<Item = &str> {
        let domain = address.rsplit_once('@').map(|(_name, domain)| domain);
        let domains = std::iter::successors(domain, |domain| {
            let (_label, above) = domain.split_once('.')?;
            above.contains('.').then_some(above)
        });
        std::iter::once(address).chain(domains)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mail")
            .field("recipients", &self.recipients.len())
            .field("when", &self.when)
            .finish_non_exhaustive()
    }
}

/// When a digest is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailWhen {
    /// After every run.
    Always,
    /// Where there are findings.
    Findings,
    /// Where findings are new or resolved.
    Changes,
}

/// Attribute → values, as `TENANT_FILTER` has them.
pub type FilterValues = BTreeMap<String, Vec<String>>;
