//! The table of settings: every variable by name, for whom it is, what it is when unset and what it means.
//!
//! One place, since these names are read by people, templates and `.env` files.

use super::Job;

/// A variable that a job reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub variable: &'static str,
    /// The jobs that read it; another job does not even look at it.
    pub jobs: &'static [Job],
    /// What holds when it is unset or empty.
    pub default: DefaultValue,
    /// Whether its value is kept out of messages and logs.
    pub is_secret: bool,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

/// What holds when a variable is unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// The same as if the variable had this value.
    Literal(&'static str),
    /// What no value can say, in words.
    Described(&'static str),
}

impl DefaultValue {
    /// The value or the words.
    pub fn text(&self) -> &'static str {
        match self {
            Self::Literal(text) | Self::Described(text) => text,
        }
    }
}

const BOTH: &[Job] = &[Job::AccountMetadata, Job::CredentialReport];
const METADATA: &[Job] = &[Job::AccountMetadata];
const CREDENTIAL: &[Job] = &[Job::CredentialReport];

/// The role that AWS Organizations makes in every account it creates.
pub(crate) const ORGANIZATION_ROLE: &str = "OrganizationAccountAccessRole";

const fn setting(
    variable: &'static str,
    jobs: &'static [Job],
    default: DefaultValue,
    meaning: &'static str,
) -> Setting {
    Setting { variable, jobs, default, is_secret: false, meaning }
}

const fn secret(variable: &'static str, jobs: &'static [Job], default: DefaultValue, meaning: &'static str) -> Setting {
    Setting { is_secret: true, ..setting(variable, jobs, default, meaning) }
}

use DefaultValue::{Described, Literal};

pub(super) const OUTPUT_BUCKET: Setting =
    setting("OUTPUT_BUCKET", BOTH, Described("required on Lambda"), "The S3 bucket that reports go to.");
pub(super) const OUTPUT_PREFIX: Setting = setting(
    "OUTPUT_PREFIX",
    BOTH,
    Described("empty"),
    "What the key of every object begins with; a slash is added at its end.",
);
pub(super) const EXPECTED_BUCKET_OWNER: Setting = setting(
    "EXPECTED_BUCKET_OWNER",
    BOTH,
    Described("the function's account"),
    "The account that must own the bucket, sent with every S3 call: an account id of 12 digits.",
);
pub(super) const KMS_KEY_ARN: Setting = setting(
    "KMS_KEY_ARN",
    BOTH,
    Described("none"),
    "The KMS key for every object, by its ARN; the bucket's own encryption where there is none.",
);
pub(super) const DYNAMO_TABLE_NAME: Setting = setting(
    "DYNAMO_TABLE_NAME",
    BOTH,
    Described("required for account-metadata; none for credential-report"),
    "The tenants table; set for credential-report, one run covers the Organization of every tenant.",
);
pub(super) const TENANT_FILTER: Setting = setting(
    "TENANT_FILTER",
    BOTH,
    Literal(r#"{"tenant_type":"Cloud Usage","tenant_status":"Active","cloud_service_provider":"AWS"}"#),
    "Which tenants are active, with a tenants table: a JSON object of attribute and value, or list of values, by which \
     DynamoDB filters.",
);
pub(super) const CROSS_ACCOUNT_ROLE_NAME: Setting = setting(
    "CROSS_ACCOUNT_ROLE_NAME",
    BOTH,
    Described("required with a tenants table"),
    "The role in each tenant's management account, with its path if it has one (path/name).",
);
pub(super) const MEMBER_ROLE_NAME: Setting = setting(
    "MEMBER_ROLE_NAME",
    BOTH,
    Described("CROSS_ACCOUNT_ROLE_NAME for account-metadata; OrganizationAccountAccessRole for credential-report"),
    "The role in each member account, with its path if it has one (path/name).",
);
pub(super) const MEMBER_ROLE_VIA: Setting = setting(
    "MEMBER_ROLE_VIA",
    BOTH,
    Described("caller; management with a tenants table and the role OrganizationAccountAccessRole"),
    "Whose session assumes the member role: the function's own (caller) or the one in the management account (management).",
);
pub(super) const EXTERNAL_ID: Setting = secret(
    "EXTERNAL_ID",
    BOTH,
    Described("none"),
    "Sent with every AssumeRole; the external_id of a tenant's item comes first.",
);
pub(super) const ACCOUNTS_INCLUDE: Setting =
    setting("ACCOUNTS_INCLUDE", BOTH, Described("all"), "Account ids, comma-separated: only these are scanned.");
pub(super) const ACCOUNTS_EXCLUDE: Setting = setting(
    "ACCOUNTS_EXCLUDE",
    BOTH,
    Described("none"),
    "Account ids, comma-separated: these are not scanned, even where included.",
);
pub(super) const REGION_DETECTION: Setting = setting(
    "REGION_DETECTION",
    METADATA,
    Literal("on"),
    "off leaves the columns Regions and Region_Group empty and assumes no role in member accounts.",
);
pub(super) const REGIONS: Setting = setting(
    "REGIONS",
    METADATA,
    Described("the regions enabled in each account"),
    "Regions to look into instead, comma-separated.",
);
pub(super) const REGION_GROUPS: Setting = setting(
    "REGION_GROUPS",
    METADATA,
    Literal(
        r#"{"BR":["sa-east-1"],"EU":["eu-north-1","eu-west-1"],"UK":["eu-west-2"],"US":["us-east-1","us-east-2","us-west-1","us-west-2"]}"#,
    ),
    "Region groups, as a JSON object of group and list of regions; a region in no group counts for none.",
);
pub(super) const REGION_CACHE_HOURS: Setting = setting(
    "REGION_CACHE_HOURS",
    METADATA,
    Literal("0"),
    "For how many hours an account's regions of the last run are used again; 0 never does, 8760 is the most.",
);
pub(super) const RESOURCE_TYPES: Setting = setting(
    "RESOURCE_TYPES",
    METADATA,
    Described("all"),
    "Resource types that can prove a region, comma-separated, such as ec2:instance or s3; at most 100.",
);
pub(super) const ENVIRONMENT_TAG_KEYS: Setting = setting(
    "ENVIRONMENT_TAG_KEYS",
    METADATA,
    Literal("environment,env"),
    "Tag keys of the column Environment, comma-separated: the first that an account has wins, whatever its case.",
);
pub(super) const AIDE_ID_TAG_KEYS: Setting = setting(
    "AIDE_ID_TAG_KEYS",
    METADATA,
    Literal("aide-id,aide_id,aideid"),
    "Tag keys of the column Aide_ID, comma-separated: the first that an account has wins, whatever its case.",
);
pub(super) const TAG_SOURCE: Setting = setting(
    "TAG_SOURCE",
    METADATA,
    Literal("auto"),
    "Where account tags come from: in bulk (tagging), one account at a time (organizations), or in bulk and then one \
     at a time for what is missing (auto).",
);
pub(super) const TAG_VERIFY_LIMIT: Setting = setting(
    "TAG_VERIFY_LIMIT",
    METADATA,
    Literal("500"),
    "How many accounts without a tag in the bulk listing auto asks one at a time: the first ones that are listed.",
);
pub(super) const MAIL_SENDER: Setting = secret(
    "MAIL_SENDER",
    CREDENTIAL,
    Described("none: no mail"),
    "The address that the digest comes from, also as Name <address>: a verified SES identity; needs MAIL_RECIPIENTS.",
);
pub(super) const MAIL_RECIPIENTS: Setting = secret(
    "MAIL_RECIPIENTS",
    CREDENTIAL,
    Described("none: no mail"),
    "The addresses that get the digest, comma-separated; at most 50 are in one message.",
);
pub(super) const MAIL_WHEN: Setting = secret(
    "MAIL_WHEN",
    CREDENTIAL,
    Literal("always"),
    "When a digest is sent: after every run (always), where somebody has to act on a finding (findings), or where findings \
     are new or resolved, an exemption ended, or what changed is not known (changes); an account that could not be read, and a \
     list of exemptions with problems, are always a reason.",
);
pub(super) const SES_CONFIGURATION_SET: Setting = setting(
    "SES_CONFIGURATION_SET",
    CREDENTIAL,
    Described("none"),
    "The SES configuration set that the digest is sent with.",
);
pub(super) const CIS_VERSION: Setting = setting(
    "CIS_VERSION",
    CREDENTIAL,
    Literal("7.0.0"),
    "The version of the CIS AWS Foundations Benchmark whose controls findings name.",
);
pub(super) const UNUSED_DAYS: Setting = setting(
    "UNUSED_DAYS",
    CREDENTIAL,
    Literal("45"),
    "After how many days without use a password or an active access key is a finding.",
);
pub(super) const KEY_ROTATION_DAYS: Setting = setting(
    "KEY_ROTATION_DAYS",
    CREDENTIAL,
    Literal("90"),
    "After how many days an active access key is a finding for its age.",
);
pub(super) const ROOT_USE_DAYS: Setting =
    setting("ROOT_USE_DAYS", CREDENTIAL, Literal("1"), "Within how many days a use of the root user is a finding.");
pub(super) const EXEMPTIONS: Setting =
    setting("EXEMPTIONS", CREDENTIAL, Described("none"), "The list of exempted findings, s3://bucket/key or a file.");
pub(super) const CSV_FORMULA_GUARD: Setting = setting(
    "CSV_FORMULA_GUARD",
    BOTH,
    Literal("mail"),
    "Which CSVs get an apostrophe before a cell that a spreadsheet would take for a formula: the one attached to the \
     mail (mail), every one (all) or none (off).",
);
pub(super) const MAX_IN_FLIGHT: Setting = setting(
    "MAX_IN_FLIGHT",
    BOTH,
    Literal("200"),
    "How many requests are in flight at a time, at most 900; Lambda allows 1,024 file descriptors.",
);
pub(super) const QUOTA_PERCENT: Setting = setting(
    "QUOTA_PERCENT",
    BOTH,
    Literal("100"),
    "How much of AWS's published request quotas a run uses: less where other tools share them, more where AWS raised \
     them.",
);
pub(super) const ACCOUNT_TIMEOUT_SECONDS: Setting = setting(
    "ACCOUNT_TIMEOUT_SECONDS",
    BOTH,
    Literal("180"),
    "How many seconds one account may take, waiting included.",
);
pub(super) const DEADLINE_RESERVE_SECONDS: Setting = setting(
    "DEADLINE_RESERVE_SECONDS",
    BOTH,
    Literal("45"),
    "How many seconds before the Lambda deadline are kept back to write and mail.",
);

/// Every setting, in the order in which they are read and their problems are told.
pub const SETTINGS: &[Setting] = &[
    OUTPUT_BUCKET,
    OUTPUT_PREFIX,
    EXPECTED_BUCKET_OWNER,
    KMS_KEY_ARN,
    DYNAMO_TABLE_NAME,
    TENANT_FILTER,
    CROSS_ACCOUNT_ROLE_NAME,
    MEMBER_ROLE_NAME,
    MEMBER_ROLE_VIA,
    EXTERNAL_ID,
    ACCOUNTS_INCLUDE,
    ACCOUNTS_EXCLUDE,
    CSV_FORMULA_GUARD,
    MAX_IN_FLIGHT,
    QUOTA_PERCENT,
    ACCOUNT_TIMEOUT_SECONDS,
    DEADLINE_RESERVE_SECONDS,
    REGION_DETECTION,
    REGIONS,
    REGION_GROUPS,
    REGION_CACHE_HOURS,
    RESOURCE_TYPES,
    ENVIRONMENT_TAG_KEYS,
    AIDE_ID_TAG_KEYS,
    TAG_SOURCE,
    TAG_VERIFY_LIMIT,
    MAIL_SENDER,
    MAIL_RECIPIENTS,
    MAIL_WHEN,
    SES_CONFIGURATION_SET,
    CIS_VERSION,
    UNUSED_DAYS,
    KEY_ROTATION_DAYS,
    ROOT_USE_DAYS,
    EXEMPTIONS,
];
