//! From variables to [`Config`].

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use serde_json::Value;

use super::reader::{Reader, described, quoted};
use super::{
    AccountSelection, Audit, CisVersion, Config, ExternalId, FilterValues, FormulaGuard, Inventory, Job, Mail,
    MailWhen, MemberRole, Output, Place, TagSource, TenantsTable, Via, settings, shape,
};
use crate::account::AccountId;
use crate::error::RunError;
use crate::region::{RegionGroups, SEVERAL_GROUPS};
use crate::tenant::{TenantFilter, is_external_id};

/// Lambda allows 1,024 file descriptors; the rest is for the runtime, the spool and the upload.
const MOST_IN_FLIGHT: u32 = 900;
/// With less, accounts would spend the time they have on waiting for their turn.
const LEAST_QUOTA_PERCENT: u32 = 10;
/// A hundred times what AWS publishes: more than AWS grants, and enough to be no limit at all.
const MOST_QUOTA_PERCENT: u32 = 10_000;
/// Ten years: beyond that a threshold says nothing.
const MOST_DAYS: u32 = 3650;
/// More than any Organization has accounts.
const MOST_TAG_VERIFICATIONS: u32 = 1_000_000;
/// A year: regions that old are no answer any more.
const MOST_CACHE_HOURS: f64 = 8760.0;
/// What `GetResources` takes (Tagging API reference, `ResourceTypeFilters`).
const MOST_RESOURCE_TYPES: usize = 100;
// What one `IN` of a filter expression takes (DynamoDB developer guide, "Comparison operator and function reference").
const MOST_FILTER_VALUES: usize = 100;

const ACCOUNT_ID: &str = "an account id of 12 digits";
const ROLE_NAME: &str = "the name of an IAM role, with or without a path,";
const REGION: &str = "the name of an AWS region";
const ADDRESS: &str = "a mail address in ASCII";
const FILTER: &str = "a JSON object of attributes, each with a string or a list of strings,";
const GROUPS: &str = "a JSON object of groups, each with a list of regions,";

impl Config {
    /// Reads the settings of a job, each variable through `lookup`; an empty one is an unset one. What only the other
    /// job uses is not looked at and has its default.
    ///
    /// # Errors
    /// [`RunError::Settings`] with every problem, in the order of [`SETTINGS`](super::SETTINGS).
    pub fn from_lookup(job: Job, place: Place, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, RunError> {
        let mut reader = Reader::new(job, lookup);
        let config = config(&mut reader, job, place);
        let problems = reader.into_problems();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(RunError::Settings { problems }),
        }
    }
}

/// Everything is read before anything is given up, so that all problems are told at once.
fn config(reader: &mut Reader<'_>, job: Job, place: Place) -> Option<Config> {
    let output = output(reader, place);
    let tenants = tenants(reader, job);
    let member_role = member_role(reader, job, tenants.as_ref());
    let external_id = reader.shaped(
        &settings::EXTERNAL_ID,
        "a text of 2 to 1224 letters, digits or any of _+=,.@:/-",
        is_external_id,
    );
    let accounts = AccountSelection {
        include: account_ids(reader, &settings::ACCOUNTS_INCLUDE),
        exclude: account_ids(reader, &settings::ACCOUNTS_EXCLUDE).unwrap_or_default(),
    };
    let formula_guard = reader.choice(
        &settings::CSV_FORMULA_GUARD,
        &[("mail", FormulaGuard::Mail), ("all", FormulaGuard::All), ("off", FormulaGuard::Off)],
    );
    let max_in_flight = reader.whole_number(&settings::MAX_IN_FLIGHT, 1..=MOST_IN_FLIGHT);
    let quota_percent = reader.whole_number(&settings::QUOTA_PERCENT, LEAST_QUOTA_PERCENT..=MOST_QUOTA_PERCENT);
    let account_timeout = seconds(reader, &settings::ACCOUNT_TIMEOUT_SECONDS, 10..=3600);
    let deadline_reserve = seconds(reader, &settings::DEADLINE_RESERVE_SECONDS, 5..=600);
    let inventory = inventory(reader);
    let audit = audit(reader);
    Some(Config {
        output,
        tenants,
        member_role: member_role?,
        external_id: external_id.map(ExternalId),
        accounts,
        formula_guard: formula_guard?,
        max_in_flight: NonZeroUsize::new(usize::try_from(max_in_flight?).ok()?)?,
        quota_percent: NonZeroU32::new(quota_percent?)?,
        account_timeout: account_timeout?,
        deadline_reserve: deadline_reserve?,
        inventory: inventory?,
        audit: audit?,
    })
}

fn output(reader: &mut Reader<'_>, place: Place) -> Output {
    const BUCKET: &str = "the name of an S3 bucket";
    if place == Place::Lambda && !reader.is_set(&settings::OUTPUT_BUCKET) {
        reader.missing(&settings::OUTPUT_BUCKET, BUCKET);
    }
    Output {
        bucket: reader.shaped(&settings::OUTPUT_BUCKET, BUCKET, shape::is_bucket_name),
        prefix: reader
            .value(
                &settings::OUTPUT_PREFIX,
                "a key prefix of at most 800 bytes, without a slash at its beginning and without . or .. as a part,",
                shape::prefix,
            )
            .unwrap_or_default(),
        expected_bucket_owner: reader.value(&settings::EXPECTED_BUCKET_OWNER, ACCOUNT_ID, |text| text.parse().ok()),
        kms_key_arn: reader.shaped(&settings::KMS_KEY_ARN, "the ARN of a KMS key", shape::is_kms_key_arn),
    }
}

fn tenants(reader: &mut Reader<'_>, job: Job) -> Option<TenantsTable> {
    const TABLE: &str = "the name of a DynamoDB table";
    match (reader.is_set(&settings::DYNAMO_TABLE_NAME), job) {
        (true, _) => {}
        (false, Job::AccountMetadata) => reader.missing(&settings::DYNAMO_TABLE_NAME, TABLE),
        (false, Job::CredentialReport) => return None,
    }
    let name = reader.shaped(&settings::DYNAMO_TABLE_NAME, TABLE, shape::is_table_name);
    let filter = tenant_filter(reader);
    if !reader.is_set(&settings::CROSS_ACCOUNT_ROLE_NAME) {
        reader.missing(&settings::CROSS_ACCOUNT_ROLE_NAME, ROLE_NAME);
    }
    let management_role = reader.shaped(&settings::CROSS_ACCOUNT_ROLE_NAME, ROLE_NAME, shape::is_role_name);
    Some(TenantsTable { name: name?, filter: filter?, management_role: management_role? })
}

fn tenant_filter(reader: &mut Reader<'_>) -> Option<TenantFilter> {
    let setting = &settings::TENANT_FILTER;
    let members = reader.json_object(setting, FILTER)?;
    if members.is_empty() {
        reader.has(setting, "no attribute", "at least one");
    }
    let mut filter = FilterValues::new();
    for (attribute, value) in members {
        if attribute.is_empty() {
            reader.has(setting, "an attribute without a name", FILTER);
        }
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        if !(1..=MOST_FILTER_VALUES).contains(&values.len()) {
            let found = format!("{} values for {}", values.len(), quoted(&attribute));
            reader.has(setting, &found, &format!("a list of 1 to {MOST_FILTER_VALUES}"));
        }
        let texts = filter.entry(attribute.clone()).or_default();
        for value in values {
            match value {
                Value::String(text) if !text.is_empty() => texts.push(text),
                other => {
                    let found = format!("{} for {}", described(&other), quoted(&attribute));
                    reader.has(setting, &found, "a string that is not empty");
                }
            }
        }
    }
    Some(TenantFilter(filter))
}

fn member_role(reader: &mut Reader<'_>, job: Job, tenants: Option<&TenantsTable>) -> Option<MemberRole> {
    let name = if reader.is_set(&settings::MEMBER_ROLE_NAME) {
        reader.shaped(&settings::MEMBER_ROLE_NAME, ROLE_NAME, shape::is_role_name)
    } else {
        match job {
            Job::AccountMetadata => tenants.map(|table| table.management_role.clone()),
            Job::CredentialReport => Some(settings::ORGANIZATION_ROLE.to_owned()),
        }
    };
    let via = reader.choice(&settings::MEMBER_ROLE_VIA, &[("caller", Via::Caller), ("management", Via::Management)]);
    let name = name?;
    // That role trusts the management account and nobody else.
    let trusts_management = tenants.is_some() && name == settings::ORGANIZATION_ROLE;
    let default = if trusts_management { Via::Management } else { Via::Caller };
    Some(MemberRole { name, via: via.unwrap_or(default) })
}

fn account_ids(reader: &mut Reader<'_>, setting: &settings::Setting) -> Option<BTreeSet<AccountId>> {
    Some(reader.list(setting, ACCOUNT_ID, |text| text.parse().ok())?.into_iter().collect())
}

fn seconds(
    reader: &mut Reader<'_>,
    setting: &settings::Setting,
    range: std::ops::RangeInclusive<u32>,
) -> Option<Duration> {
    Some(Duration::from_secs(reader.whole_number(setting, range)?.into()))
}

fn inventory(reader: &mut Reader<'_>) -> Option<Inventory> {
    let region_detection = reader.choice(&settings::REGION_DETECTION, &[("on", true), ("off", false)]);
    let regions = reader.list(&settings::REGIONS, REGION, |text| shape::is_region_name(text).then(|| text.to_owned()));
    let region_groups = region_groups(reader);
    let region_cache = reader.value(&settings::REGION_CACHE_HOURS, "a number of hours from 0 to 8760", |text| {
        let hours = text.parse().ok().filter(|hours| (0.0..=MOST_CACHE_HOURS).contains(hours))?;
        Duration::try_from_secs_f64(hours * 3600.0).ok()
    });
    let resource_types = resource_types(reader);
    let environment_tag_keys = tag_keys(reader, &settings::ENVIRONMENT_TAG_KEYS);
    let aide_id_tag_keys = tag_keys(reader, &settings::AIDE_ID_TAG_KEYS);
    let tag_source = reader.choice(
        &settings::TAG_SOURCE,
        &[("auto", TagSource::Auto), ("tagging", TagSource::Tagging), ("organizations", TagSource::Organizations)],
    );
    let tag_verify_limit = reader.whole_number(&settings::TAG_VERIFY_LIMIT, 0..=MOST_TAG_VERIFICATIONS);
    Some(Inventory {
        region_detection: region_detection?,
        regions: regions.map(|regions| regions.into_iter().collect::<BTreeSet<_>>().into_iter().collect()),
        region_groups: region_groups?,
        region_cache: region_cache?,
        resource_types,
        environment_tag_keys: environment_tag_keys?,
        aide_id_tag_keys: aide_id_tag_keys?,
        tag_source: tag_source?,
        tag_verify_limit: usize::try_from(tag_verify_limit?).ok()?,
    })
}

fn region_groups(reader: &mut Reader<'_>) -> Option<RegionGroups> {
    let setting = &settings::REGION_GROUPS;
    let members = reader.json_object(setting, GROUPS)?;
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // Region → the group that had it first.
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (group, value) in members {
        if group.is_empty() || group == SEVERAL_GROUPS || group.chars().any(char::is_control) {
            reader.has(setting, &format!("the group {}", quoted(&group)), "a name other than multi");
        }
        let values = match value {
            Value::Array(values) if !values.is_empty() => values,
            other => {
                let found = if other.is_array() { "an empty list".to_owned() } else { described(&other) };
                reader.has(setting, &format!("{found} for {}", quoted(&group)), "a list of regions");
                continue;
            }
        };
        let regions = groups.entry(group.clone()).or_default();
        for value in values {
            let Some(region) = value.as_str().filter(|text| shape::is_region_name(text)) else {
                reader.has(setting, &format!("{} in {}", described(&value), quoted(&group)), REGION);
                continue;
            };
            match owners.get(region) {
                None => {
                    owners.insert(region.to_owned(), group.clone());
                    regions.push(region.to_owned());
                }
                Some(owner) if *owner == group => {}
                Some(owner) => {
                    let found = format!("{region} in {} and in {}", quoted(owner), quoted(&group));
                    reader.has(setting, &found, "a region in one group only");
                }
            }
        }
    }
    Some(RegionGroups(groups))
}

fn resource_types(reader: &mut Reader<'_>) -> Vec<String> {
    let setting = &settings::RESOURCE_TYPES;
    let types = reader.list(setting, "a resource type, service or service:type,", |text| {
        shape::is_resource_type(text).then(|| text.to_owned())
    });
    let types = without_doubles(types.unwrap_or_default(), |one, other| one == other);
    if types.len() > MOST_RESOURCE_TYPES {
        let found = format!("{} resource types", types.len());
        reader.has(setting, &found, &format!("a list of at most {MOST_RESOURCE_TYPES}"));
    }
    types
}

fn tag_keys(reader: &mut Reader<'_>, setting: &settings::Setting) -> Option<Vec<String>> {
    let keys = reader
        .list(setting, "a tag key of at most 128 characters", |text| shape::is_tag_key(text).then(|| text.to_owned()));
    Some(without_doubles(keys?, str::eq_ignore_ascii_case))
}

fn audit(reader: &mut Reader<'_>) -> Option<Audit> {
    let mail = mail(reader);
    let cis_version = reader.choice(
        &settings::CIS_VERSION,
        &[CisVersion::V5, CisVersion::V6, CisVersion::V7].map(|version| (version.as_str(), version)),
    );
    let unused_days = reader.whole_number(&settings::UNUSED_DAYS, 1..=MOST_DAYS);
    let key_rotation_days = reader.whole_number(&settings::KEY_ROTATION_DAYS, 1..=MOST_DAYS);
    let root_use_days = reader.whole_number(&settings::ROOT_USE_DAYS, 1..=MOST_DAYS);
    let exemptions = reader.value(&settings::EXEMPTIONS, "an S3 URI or a file", |text| Some(text.to_owned()));
    Some(Audit {
        mail,
        cis_version: cis_version?,
        unused_days: unused_days?,
        key_rotation_days: key_rotation_days?,
        root_use_days: root_use_days?,
        exemptions,
    })
}

fn mail(reader: &mut Reader<'_>) -> Option<Mail> {
    let (has_sender, has_recipients) =
        (reader.is_set(&settings::MAIL_SENDER), reader.is_set(&settings::MAIL_RECIPIENTS));
    if has_recipients && !has_sender {
        reader.missing(&settings::MAIL_SENDER, "a mail address, since MAIL_RECIPIENTS is set,");
    }
    let sender = reader.shaped(&settings::MAIL_SENDER, "a mail address in ASCII, or Name <address>,", shape::is_sender);
    if has_sender && !has_recipients {
        reader.missing(&settings::MAIL_RECIPIENTS, "a list of mail addresses, since MAIL_SENDER is set,");
    }
    let recipients = reader
        .list(&settings::MAIL_RECIPIENTS, ADDRESS, |text| shape::is_address(text).then(|| text.to_owned()))
        .map(|recipients| without_doubles(recipients, str::eq_ignore_ascii_case));
    let when = reader.choice(
        &settings::MAIL_WHEN,
        &[("always", MailWhen::Always), ("findings", MailWhen::Findings), ("changes", MailWhen::Changes)],
    );
    let configuration_set = reader.shaped(
        &settings::SES_CONFIGURATION_SET,
        "a name of at most 64 letters, digits, _ or -",
        shape::is_configuration_set,
    );
    Some(Mail { sender: sender?, recipients: recipients?, when: when?, configuration_set })
}

/// The items in their order, each the first time it comes. Quadratic: the lists are as long as a variable.
fn without_doubles(items: Vec<String>, is_same: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        if !kept.iter().any(|other| is_same(other, &item)) {
            kept.push(item);
        }
    }
    kept
}
