//! The least that each role needs, for given settings: what `orgscan policy` prints and `orgscan doctor` mends with.
//!
//! template.yaml and stacks/ grant the same to the functions; a test holds one against the other. Two things stand only
//! there, since a terminal does without them: writing a function's logs, and keeping its failed events.

use serde_json::{Map, Value, json};

use crate::account::{AccountId, Partition};
use crate::config::{Config, Job, Mail, Via};
use crate::session_policy::SessionPolicy;

/// Where the caller is: the function's role, or a terminal's user or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The partition of the caller's ARN.
    pub partition: Partition,
    /// The region in which the tenants table and the mail identity are.
    pub region: String,
    /// The caller's account.
    pub account: AccountId,
}

/// One statement that allows something.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its name, unique in the policy.
    pub sid: &'static str,
    /// IAM actions, sorted.
    pub actions: Vec<&'static str>,
    /// ARNs, which may have `*`; `*` alone for actions that know no other resource.
    pub resources: Vec<String>,
    /// When it holds, where that is not always.
    pub condition: Option<Value>,
}

/// A policy of a role or a user.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its statements, in the order in which a run comes to need them.
    pub statements: Vec<Statement>,
}

/// The version of IAM's policy language (IAM user guide, "Policy elements: Version").
const LANGUAGE: &str = "2012-10-17";

/// Roles of the caller's own Organization only, whoever else trusts the caller.
const OWN_ORGANIZATION: (&str, &str) = ("aws:ResourceOrgID", "${aws:PrincipalOrgID}");

impl Statement {
    fn new(sid: &'static str, actions: &[&'static str], resources: Vec<String>) -> Self {
        let mut actions = actions.to_vec();
        actions.sort_unstable();
        Self { sid, actions, resources, condition: None }
    }

    fn of_any_resource(sid: &'static str, actions: &[&'static str]) -> Self {
        Self::new(sid, actions, vec!["*".to_owned()])
    }

    fn assume(sid: &'static str, partition: &Partition, role_name: &str) -> Self {
        Self::new(sid, &["sts:AssumeRole"], vec![format!("arn:{partition}:iam::*:role/{role_name}")])
    }

    fn only_where(mut self, (key, value): (&str, &str)) -> Self {
        self.condition = Some(json!({"StringEquals": {key: value}}));
        self
    }

    /// The statement in IAM's JSON.
    pub fn to_json(&self) -> Value {
        let mut statement = Map::new();
        statement.insert("Sid".to_owned(), self.sid.into());
        statement.insert("Effect".to_owned(), "Allow".into());
        statement.insert("Action".to_owned(), self.actions.clone().into());
        statement.insert("Resource".to_owned(), self.resources.clone().into());
        if let Some(condition) = &self.condition {
            statement.insert("Condition".to_owned(), condition.clone());
        }
        Value::Object(statement)
    }
}

impl Policy {
    /// The policy in IAM's JSON.
    pub fn to_json(&self) -> Value {
        let statements: Vec<Value> = self.statements.iter().map(Statement::to_json).collect();
        json!({"Version": LANGUAGE, "Statement": statements})
    }

    /// The first statement that allows an action.
    pub fn statement_for(&self, action: &str) -> Option<&Statement> {
        self.statements.iter().find(|statement| statement.actions.contains(&action))
    }
}

/// What the caller of a job needs: the function's role, or who runs `orgscan` in a terminal with these settings.
pub fn of_caller(job: Job, config: &Config, place: &Place) -> Policy {
    let mut statements = Vec::new();
    let partition = &place.partition;
    if let Some(table) = &config.tenants {
        let table_arn = format!("arn:{partition}:dynamodb:{}:{}:table/{}", place.region, place.account, table.name);
        statements.push(Statement::new("ReadTenants", &["dynamodb:Scan"], vec![table_arn]));
        statements.push(Statement::assume("AssumeManagementRoles", partition, &table.management_role));
    }
    statements.push(list_organization("ReadOwnOrganization"));
    match job {
        Job::AccountMetadata => {
            statements.push(read_account_tags(partition, "*"));
            statements.push(find_regions("FindOwnRegions"));
        }
        Job::CredentialReport => statements.push(fetch_report("FetchOwnReport")),
    }
    statements.extend(assume_member_roles(job, config, partition));
    if let Some(bucket) = &config.output.bucket {
        statements.extend(write_reports(job, config, partition, bucket));
    }
    if job == Job::CredentialReport {
        statements.extend(read_exemptions(config, partition));
        if let Some(mail) = &config.audit.mail {
            statements.extend(send_mail(mail, place));
        }
    }
    Policy { statements }
}

/// What the role `CROSS_ACCOUNT_ROLE_NAME` needs in a tenant's management account.
pub fn of_management_role(job: Job, config: &Config, partition: &Partition) -> Policy {
    let mut statements = vec![list_organization("ListOrganization")];
    match job {
        Job::AccountMetadata => {
            statements.push(read_account_tags(partition, "*"));
            statements.push(find_regions("FindRegions"));
        }
        Job::CredentialReport => statements.push(fetch_report("FetchCredentialReport")),
    }
    if config.member_role.via == Via::Management && enters_members(job, config) {
        let assume = Statement::assume("AssumeMemberRoles", partition, &config.member_role.name);
        statements.push(assume.only_where(OWN_ORGANIZATION));
    }
    Policy { statements }
}

/// What the role `MEMBER_ROLE_NAME` needs in a member account.
pub fn of_member_role(job: Job) -> Policy {
    let statement = match job {
        Job::AccountMetadata => find_regions("FindRegions"),
        Job::CredentialReport => fetch_report("FetchCredentialReport"),
    };
    Policy { statements: vec![statement] }
}

/// The trust policy of a role that only these callers may assume, given as ARNs of roles or users; with an external id only
/// where it comes with the call.
///
/// The callers' accounts are the principals and a condition names the callers: IAM would store a role or user that is the
/// principal itself by its internal id, which is another one once it was deleted and made again (IAM user guide, "AWS JSON
/// policy elements: Principal").
pub fn trust(callers: &[String], external_id: Option<&str>) -> Value {
    let mut accounts: Vec<String> = callers.iter().filter_map(|caller| root_of(caller)).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let mut condition = Map::new();
    condition.insert("ArnEquals".to_owned(), json!({"aws:PrincipalArn": callers}));
    if let Some(external_id) = external_id {
        condition.insert("StringEquals".to_owned(), json!({"sts:ExternalId": external_id}));
    }
    json!({"Version": LANGUAGE, "Statement": [{
        "Sid": "ExactCallers",
        "Effect": "Allow",
        "Principal": {"AWS": accounts},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }]})
}

/// What a trust policy calls a caller that STS tells as `caller_arn` (`sts:GetCallerIdentity`): a user as it is, the role
/// of a role's session. STS leaves a role's path out, so a role that has one is to be given by its own ARN; but for those of
/// IAM Identity Center, whose path is known but for the region in it (IAM user guide, "Global condition keys",
/// `aws:PrincipalArn`).
pub fn principal(caller_arn: &str) -> String {
    let mut fields = caller_arn.splitn(6, ':');
    let (Some(partition), Some(account), Some(resource)) = (fields.nth(1), fields.nth(2), fields.next()) else {
        return caller_arn.to_owned();
    };
    let Some(name) = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next()) else {
        return caller_arn.to_owned();
    };
    let path = if name.starts_with("AWSReservedSSO_") { "aws-reserved/sso.amazonaws.com/*" } else { "" };
    format!("arn:{partition}:iam::{account}:role/{path}{name}")
}

/// The whole account of a principal, as a principal.
fn root_of(principal_arn: &str) -> Option<String> {
    let mut fields = principal_arn.split(':');
    let (partition, account) = (fields.nth(1)?, fields.nth(2)?);
    Some(format!("arn:{partition}:iam::{account}:root"))
}

fn list_organization(sid: &'static str) -> Statement {
    Statement::of_any_resource(sid, &SessionPolicy::LIST_ORGANIZATION)
}

fn read_account_tags(partition: &Partition, management_account: &str) -> Statement {
    // The other action that reads tags, tag:GetResources, is among those that find regions.
    let accounts = format!("arn:{partition}:organizations::{management_account}:account/o-*/*");
    Statement::new("ReadAccountTags", &["organizations:ListTagsForResource"], vec![accounts])
}

fn find_regions(sid: &'static str) -> Statement {
    Statement::of_any_resource(sid, &SessionPolicy::FIND_REGIONS)
}

fn fetch_report(sid: &'static str) -> Statement {
    Statement::of_any_resource(sid, &SessionPolicy::FETCH_REPORT)
}

/// Whether a job enters member accounts at all.
fn enters_members(job: Job, config: &Config) -> bool {
    job == Job::CredentialReport || config.inventory.region_detection
}

/// Member roles that the caller assumes itself. Those of its own Organization it always does, since no role is assumed in
/// the caller's own account.
fn assume_member_roles(job: Job, config: &Config, partition: &Partition) -> Option<Statement> {
    if !enters_members(job, config) {
        return None;
    }
    let name = &config.member_role.name;
    Some(match (&config.tenants, config.member_role.via) {
        (Some(_), Via::Caller) => Statement::assume("AssumeMemberRoles", partition, name),
        (Some(_), Via::Management) => {
            Statement::assume("AssumeOwnMemberRoles", partition, name).only_where(OWN_ORGANIZATION)
        }
        (None, _) => Statement::assume("AssumeMemberRoles", partition, name).only_where(OWN_ORGANIZATION),
    })
}

fn write_reports(job: Job, config: &Config, partition: &Partition, bucket: &str) -> Vec<Statement> {
    let bucket_arn = format!("arn:{partition}:s3:::{bucket}");
    let objects = |names: &str| format!("{bucket_arn}/{}{names}", config.output.prefix);
    let written = match job {
        Job::AccountMetadata => vec![objects("aws-*-account-metadata-report-*")],
        Job::CredentialReport => vec![objects("aws-*-credential-report-*"), objects("aws-*-findings-*")],
    };
    let mut statements = vec![Statement::new(
        "WriteReports",
        // A large report is uploaded in parts, and an upload that fails or was left is aborted.
        &["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
        written,
    )];
    if job == Job::CredentialReport {
        let malformed = objects("malformed/aws-*-credential-report-*");
        statements.push(Statement::new("KeepMalformedReports", &["s3:PutObject"], vec![malformed]));
        // Without it, S3 answers 403 in place of 404 for an object that is not there.
        statements.push(Statement::new("TellMissingFromDenied", &["s3:ListBucket"], vec![bucket_arn.clone()]));
        if config.audit.mail.is_some() {
            let markers = objects("aws-*-credential-report-*-mail.json");
            statements.push(Statement::new("RemoveMailMarker", &["s3:DeleteObject"], vec![markers]));
        }
    }
    // Uploads that a killed run left open are found, and aborted.
    statements.push(Statement::new("FindOpenUploads", &["s3:ListBucketMultipartUploads"], vec![bucket_arn]));
    if let Some(key) = &config.output.kms_key_arn {
        statements.push(encrypt_reports(key));
    }
    statements
}

/// The ARN of an alias as a resource is that of the alias and not of its key; the key is known by its aliases (KMS
/// developer guide, "Use aliases to control access to KMS keys").
fn encrypt_reports(key: &str) -> Statement {
    let statement =
        |resource: String| Statement::new("EncryptReports", &["kms:Decrypt", "kms:GenerateDataKey"], vec![resource]);
    match key.split_once(":alias/") {
        None => statement(key.to_owned()),
        Some((account, alias)) => Statement {
            condition: Some(json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": format!("alias/{alias}")}})),
            ..statement(format!("{account}:key/*"))
        },
    }
}

fn read_exemptions(config: &Config, partition: &Partition) -> Option<Statement> {
    let place = config.audit.exemptions.as_deref()?.strip_prefix("s3://")?;
    Some(Statement::new("ReadExemptions", &["s3:GetObject"], vec![format!("arn:{partition}:s3:::{place}")]))
}

fn send_mail(mail: &Mail, place: &Place) -> Vec<Statement> {
    let address = mail.address();
    let resource = |name: String| format!("arn:{}:ses:{}:{}:{name}", place.partition, place.region, place.account);
    // SES asks for the permission on the nearest identity that it knows, whichever that is.
    let identities = Mail::identities_of(address).map(|identity| resource(format!("identity/{identity}"))).collect();
    let from = ("ses:FromAddress", address);
    let mut statements = vec![Statement::new("SendDigest", &["ses:SendEmail"], identities).only_where(from)];
    if let Some(set) = &mail.configuration_set {
        let set = vec![resource(format!("configuration-set/{set}"))];
        statements.push(Statement::new("SendWithConfigurationSet", &["ses:SendEmail"], set).only_where(from));
    }
    statements
}

#[cfg(test)]
mod tests;
