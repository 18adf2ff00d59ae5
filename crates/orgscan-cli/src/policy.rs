//! `orgscan policy`: the least that each role needs, for the settings there are.

mod caller;
mod together;

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use orgscan::account::AccountId;
use orgscan::config::{Config, Job, Place, TenantsTable, Via};
use orgscan::error::RunError;
use orgscan::invocation::process_environment;
use orgscan::policies::{Policy, of_caller, of_management_role, of_member_role, trust};
use serde_json::{Map, Value};

use crate::arguments::groups::{AwsArguments, SETTINGS};
use crate::arguments::job::{JobName, has_tenants_table};
use crate::arguments::{note, problem};
use crate::print::{ended, print_json};
use caller::Callers;
use together::together;

#[derive(Debug, Args)]
pub(crate) struct PolicyArguments {
    /// The policy to print, as a document that the AWS CLI takes; without one all of them are printed, as one JSON object.
    #[arg(value_enum, value_name = "POLICY")]
    policy: Option<Which>,

    /// The role's trust policy in place of its permissions.
    #[arg(long, requires = "policy")]
    trust: bool,

    /// The job that the policy is for; by default credential-report, and account-metadata where `DYNAMO_TABLE_NAME` is set.
    #[arg(long = "job", value_enum, value_name = "JOB", help_heading = SETTINGS)]
    jobs: Vec<JobName>,

    /// The bucket that reports go to, in place of `OUTPUT_BUCKET`.
    #[arg(long, value_name = "NAME", help_heading = SETTINGS)]
    bucket: Option<String>,

    /// Who runs the job, the ARN of a role or a user, in place of asking STS; with --trust repeat for more.
    #[arg(long = "caller-arn", value_name = "ARN", value_parser = caller::arn, help_heading = SETTINGS)]
    callers: Vec<String>,

    /// The tenant's management account, whose role a member role trusts where `MEMBER_ROLE_VIA` is `management`.
    #[arg(long, value_name = "ID", value_parser = account_id, help_heading = SETTINGS)]
    management_account: Option<AccountId>,

    #[command(flatten)]
    aws: AwsArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Of who runs the job: the function's role, or a terminal's user or role.
    Caller,
    /// Of the role `CROSS_ACCOUNT_ROLE_NAME` in a tenant's management account.
    ManagementRole,
    /// Of the role `MEMBER_ROLE_NAME` in a member account.
    MemberRole,
}

fn account_id(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|_| "an account id is expected, 12 digits".to_owned())
}

/// Prints what is asked for.
pub(crate) fn run(arguments: &PolicyArguments) -> Result<ExitCode, RunError> {
    let printed = Printed::new(arguments)?;
    let value = match arguments.policy {
        Some(which) if arguments.trust => printed.trust(which, &printed.of_one_role(which)?)?,
        Some(which) => printed.permissions(which, &printed.of_one_role(which)?)?,
        None => printed.all()?,
    };
    Ok(ended(print_json(&value)))
}

/// What is printed, and what it is made of.
struct Printed<'a> {
    configs: Vec<(Job, Config)>,
    callers: Callers<'a>,
    management_account: Option<AccountId>,
}

impl<'a> Printed<'a> {
    fn new(arguments: &'a PolicyArguments) -> Result<Self, RunError> {
        let lookup = |name: &str| match (name, &arguments.bucket) {
            ("OUTPUT_BUCKET", Some(bucket)) => Some(bucket.clone()),
            _ => process_environment(name),
        };
        let jobs: Vec<Job> = match arguments.jobs.as_slice() {
            [] if has_tenants_table(&lookup) => vec![Job::AccountMetadata, Job::CredentialReport],
            [] => {
                note("account-metadata is left out: DYNAMO_TABLE_NAME is not set");
                vec![Job::CredentialReport]
            }
            named => named.iter().map(|name| name.job()).collect(),
        };
        let of_job = |job: Job| match Config::from_lookup(job, Place::Terminal, &lookup) {
            Err(RunError::Settings { mut problems }) if arguments.jobs.is_empty() => {
                problems.push(format!("{} needs them; name the job that you mean with --job", job.as_str()));
                Err(RunError::Settings { problems })
            }
            other => other.map(|config| (job, config)),
        };
        let configs = jobs.into_iter().map(of_job).collect::<Result<Vec<_>, _>>()?;
        let callers = Callers::new(&arguments.callers, &arguments.aws);
        Ok(Self { configs, callers, management_account: arguments.management_account })
    }

    /// Those of the jobs whose member role has this name.
    fn of_member_role(&self, name: &str) -> Vec<&(Job, Config)> {
        self.configs.iter().filter(|(_, config)| config.member_role.name == name).collect()
    }

    /// The names of the member roles, of which each job may have its own.
    fn member_roles(&self) -> BTreeSet<&str> {
        self.configs.iter().map(|(_, config)| config.member_role.name.as_str()).collect()
    }

    /// The jobs that one policy is for. Two member roles have a policy each: one for both would grant more than either needs.
    fn of_one_role(&self, which: Which) -> Result<Vec<&(Job, Config)>, RunError> {
        if which == Which::MemberRole && self.member_roles().len() > 1 {
            let roles =
                self.configs.iter().map(|(job, config)| format!("{} of {}", config.member_role.name, job.as_str()));
            let roles: Vec<String> = roles.collect();
            return Err(problem(format!(
                "MEMBER_ROLE_NAME: the member roles are {}, with a policy each; name the job that you mean with --job",
                roles.join(" and ")
            )));
        }
        Ok(self.configs.iter().collect())
    }

    fn permissions(&self, which: Which, configs: &[&(Job, Config)]) -> Result<Value, RunError> {
        let of_job = |(job, config): &(Job, Config)| -> Result<Policy, RunError> {
            Ok(match which {
                Which::Caller => of_caller(*job, config, &self.callers.place(*job, config)?),
                Which::ManagementRole => of_management_role(*job, config, &self.callers.partition(*job, config)?),
                Which::MemberRole => of_member_role(*job),
            })
        };
        let policies: Vec<(Job, Policy)> =
            configs.iter().map(|of| Ok((of.0, of_job(of)?))).collect::<Result<_, RunError>>()?;
        Ok(together(&policies))
    }

    fn trust(&self, which: Which, configs: &[&(Job, Config)]) -> Result<Value, RunError> {
        let mut principals: Vec<String> = Vec::new();
        for (job, config) in configs {
            principals.extend(match which {
                Which::Caller => {
                    return Err(problem(
                        "--trust: the caller is nobody's role to assume; name management-role or member-role"
                            .to_owned(),
                    ));
                }
                Which::MemberRole if goes_through_management(config) => self.through_management(*job, config)?,
                Which::ManagementRole | Which::MemberRole => self.callers.principals(*job, config)?,
            });
        }
        principals.sort_unstable();
        principals.dedup();
        let external_id = configs.iter().find_map(|(_, config)| config.external_id.as_ref());
        Ok(trust(&principals, external_id.map(|external_id| external_id.0.as_str())))
    }

    /// Who assumes member roles in the tenant's Organization: the role in its management account, or the caller where that
    /// is its own account, which it needs no role in.
    fn through_management(&self, job: Job, config: &Config) -> Result<Vec<String>, RunError> {
        let Some(account) = self.management_account else {
            return Err(problem(
                "MEMBER_ROLE_VIA: member roles trust the role in their own management account; name that account with \
                 --management-account"
                    .to_owned(),
            ));
        };
        let name = config.tenants.as_ref().map_or("", |TenantsTable { management_role, .. }| management_role);
        let role = self.callers.partition(job, config)?.role_arn(account, name);
        let is_there = |principal: &String| principal.split(':').nth(4) == Some(account.to_string().as_str());
        let (mut there, elsewhere): (Vec<_>, Vec<_>) =
            self.callers.principals(job, config)?.into_iter().partition(is_there);
        if !elsewhere.is_empty() {
            there.push(role);
        }
        Ok(there)
    }

    /// Everything that there is with these settings. Who a member role trusts is left out where that is not known.
    fn all(&self) -> Result<Value, RunError> {
        let configs: Vec<&(Job, Config)> = self.configs.iter().collect();
        let mut all = Map::new();
        all.insert("caller".to_owned(), self.permissions(Which::Caller, &configs)?);
        let with_tenants: Vec<&(Job, Config)> =
            configs.iter().filter(|(_, config)| config.tenants.is_some()).copied().collect();
        if !with_tenants.is_empty() {
            all.insert("management_role".to_owned(), self.permissions(Which::ManagementRole, &with_tenants)?);
            all.insert("management_role_trust".to_owned(), self.trust(Which::ManagementRole, &with_tenants)?);
        }
        let mut members = Map::new();
        for name in self.member_roles() {
            let configs = self.of_member_role(name);
            let mut role = Map::new();
            role.insert("permissions".to_owned(), self.permissions(Which::MemberRole, &configs)?);
            if self.management_account.is_none() && configs.iter().any(|(_, config)| goes_through_management(config)) {
                note(&format!(
                    "whom {name} trusts is left out: the role in its own management account, which \
                     --management-account names"
                ));
            } else {
                role.insert("trust".to_owned(), self.trust(Which::MemberRole, &configs)?);
            }
            members.insert(name.to_owned(), Value::Object(role));
        }
        all.insert("member_roles".to_owned(), Value::Object(members));
        Ok(Value::Object(all))
    }
}

/// Whether the role in a tenant's management account assumes member roles, and not the caller.
fn goes_through_management(config: &Config) -> bool {
    config.member_role.via == Via::Management && config.tenants.is_some()
}
