//! One job's examination: where its Organizations are, where its reports go, its mail, and every account.

use jiff::tz::TimeZone;

use super::accounts::AccountsOfOrganization;
use super::caller::Examined;
use super::denial::DeniedBy;
use super::diagnosis::{Check, Fix, State};
use super::estimate::{self, Estimate, estimate};
use super::look::Looker;
use super::scope::Scope;
use super::storage::ReportBucket;
use super::tenants::TenantsTableChecks;
use super::{Options, World, commands, mail};
use crate::account::AccountId;
use crate::config::{Config, Job};
use crate::error::{CallErrorKind, StoreError, chain};
use crate::exemption::Exemptions;
use crate::jobs::Run;
use crate::jobs::rehearsal::{self, Entered, NotIn, Refusal, RehearsedOrganization};
use crate::names;
use crate::policies;
use crate::ports::Caller;

/// The check of the list of exemptions.
const EXEMPTIONS: &str = "exemptions";

/// One job, with all that it is examined with.
pub(super) struct Examination<'a, W: World> {
    pub(super) world: &'a W,
    pub(super) job: Job,
    pub(super) config: &'a Config,
    pub(super) run: &'a Run<'a>,
    pub(super) caller: &'a Caller<W::Session>,
    pub(super) examined: &'a Examined,
    pub(super) options: &'a Options,
}

impl<W: World> Examination<'_, W> {
    /// Its checks, and how long it takes; not where no Organization could be read.
    pub(super) async fn checks(&self) -> (Vec<Check>, Option<Estimate>) {
        let Self { world, job, config, .. } = *self;
        let (mut checks, organizations) = match &config.tenants {
            Some(_) => self.tenants().await,
            None => self.own_organization().await,
        };
        // A tenant that fails may have the accounts that nobody else has.
        let all_entered = checks.iter().all(|check| check.state != State::Failed);
        // Before the accounts, which may take all the time there is.
        checks.extend(self.storage(&organizations).await);
        if job == Job::CredentialReport {
            if let Some(mail) = &config.audit.mail {
                checks.extend(mail::checks(world, mail, self.examined).await);
                checks.push(mail::untried(mail, &policies::of_caller(job, config, &self.examined.place())));
            } else {
                checks.push(Check::skipped("ses-sender", "MAIL_SENDER", "it is not set: no digest is mailed"));
            }
            checks.extend(self.exemptions().await);
        }
        let mut scope = Scope::new(self.run, &self.options.event);
        scope.is_whole = all_entered && self.options.event.tenant_ids.is_none();
        for (position, entered) in organizations.iter().enumerate() {
            // They come one after the other, each with its own listing. Only the first is listed even where no time is left
            // for its accounts, since how many there are says how much time is needed.
            if self.options.stop.is_set() || (position > 0 && self.run.is_over()) {
                checks.push(self.not_reached(entered));
                scope.is_whole = false;
                continue;
            }
            match self.organization(entered).await {
                Ok((found, rehearsed)) => {
                    checks.extend(found);
                    scope.add(&rehearsed);
                }
                Err(problem) => {
                    checks.push(problem);
                    scope.is_whole = false;
                }
            }
        }
        scope.is_whole &= !organizations.is_empty();
        checks.extend(scope.checks());
        if scope.sizes.is_empty() {
            checks.push(Check::skipped("lambda-time", job.as_str(), "no Organization could be read"));
            return (checks, None);
        }
        let estimate = estimate(job, config, &scope.sizes, self.options.room);
        let (function, region) = (self.options.function.as_deref(), &self.examined.region);
        checks.extend(estimate::checks(&estimate, config, self.options.room, function, region));
        (checks, Some(estimate))
    }

    async fn own_organization(&self) -> (Vec<Check>, Vec<Entered<W::Session>>) {
        let account = self.caller.account.to_string();
        if self.options.event.tenant_ids.is_some() {
            let found = "tenants are named, and there is no table of them";
            let fix = Fix::explained("leave the tenants out, or set DYNAMO_TABLE_NAME to the table that has them");
            return (vec![Check::failed("organization", account, "no-tenants", found).mended_by(fix)], Vec::new());
        }
        match rehearsal::own_organization(self.world, self.run, self.caller).await {
            Ok(entered) => (Vec::new(), vec![entered]),
            Err(refusal) => (vec![self.unreadable_organization(&account, &refusal)], Vec::new()),
        }
    }

    fn unreadable_organization(&self, subject: &str, refusal: &Refusal) -> Check {
        const ID: &str = "organization";
        match refusal.kind {
            CallErrorKind::Denied => self.examined.denied(ID, subject, self.job, self.config, refusal),
            CallErrorKind::NotInOrganization => {
                let fix = Fix::explained(
                    "use credentials of the management account or a delegated administrator, or set DYNAMO_TABLE_NAME",
                );
                Check::failed(ID, subject, "no-organization", "the account is in no Organization").mended_by(fix)
            }
            _ => Check::not_answered(ID, subject, refusal.said.clone()),
        }
    }

    async fn tenants(&self) -> (Vec<Check>, Vec<Entered<W::Session>>) {
        let Some(table) = &self.config.tenants else { return (Vec::new(), Vec::new()) };
        let table_checks = TenantsTableChecks { job: self.job, config: self.config, table, caller: self.examined };
        let tenants = match rehearsal::enter_tenants(self.world, self.run, self.job, self.caller, table).await {
            Ok(tenants) => tenants,
            Err(refusal) => return (vec![table_checks.unreadable(&refusal)], Vec::new()),
        };
        let mut checks = table_checks.read(&tenants);
        let mut organizations = Vec::new();
        for (tenant, entered) in tenants.entered {
            match entered {
                Ok(entered) => {
                    let found = format!("its management account is entered, and manages {}", entered.organization().id);
                    let check = Check::ok("tenant", tenant.management_account.to_string(), found);
                    checks.push(check.in_account(tenant.management_account));
                    organizations.push(entered);
                }
                Err(reason) => {
                    let through = self.options.look_through.as_deref();
                    // Only what a role may be behind is worth a look.
                    let through = through.filter(|_| matches!(reason, NotIn::Role { .. }));
                    let configured = self.config.external_id.as_ref().map(|id| id.0.as_str());
                    let external_id = tenant.external_id.as_deref().or(configured);
                    let looker = Looker::of_caller(self.world, self.caller, through, external_id);
                    checks.push(table_checks.not_entered(&tenant, &reason, &looker).await);
                }
            }
        }
        (checks, organizations)
    }

    fn not_reached(&self, entered: &Entered<W::Session>) -> Check {
        let found = format!("{} came before its accounts were listed", self.run.cut_reason());
        let subject = entered.organization().id.to_string();
        Check::not_examined("organization", subject, found).in_account(entered.listed_from())
    }

    /// An Organization and its accounts, or why they cannot be listed.
    async fn organization(&self, entered: &Entered<W::Session>) -> Result<(Vec<Check>, RehearsedOrganization), Check> {
        let organization = entered.organization();
        let subject = organization.id.to_string();
        if let Err(refusal) = rehearsal::try_listing(self.world, self.run, entered).await {
            return Err(self.unlistable(entered, &subject, &refusal));
        }
        let role = if organization.management_account == entered.listed_from() {
            "the management account"
        } else {
            "a delegated administrator, which may list accounts"
        };
        let found = format!("{} is {role}", entered.listed_from());
        let mut checks = vec![Check::ok("organization", &subject, found).in_account(entered.listed_from())];
        let region = &self.examined.region;
        let rehearsed =
            Box::pin(rehearsal::rehearse(self.world, self.run, self.job, self.caller, region, entered)).await;
        let through = self.options.look_through.as_deref();
        let mut looker = Looker::of_caller(self.world, self.caller, through, entered.external_id());
        if let Some(table) = &self.config.tenants {
            let management = organization.management_account;
            looker = looker.of_management(self.caller, management, &table.management_role).await;
        }
        let accounts = AccountsOfOrganization {
            job: self.job,
            config: self.config,
            caller: self.examined,
            entered,
            stop: self.options.stop.clone(),
            is_function: self.options.room.is_function,
        };
        checks.extend(accounts.checks(&rehearsed, &looker).await);
        Ok((checks, rehearsed))
    }

    /// Neither the management account nor a delegated administrator, or without the right to list.
    fn unlistable(&self, entered: &Entered<W::Session>, subject: &str, refusal: &Refusal) -> Check {
        const ID: &str = "organization";
        let management = entered.organization().management_account;
        let is_management = entered.listed_from() == management;
        if refusal.kind != CallErrorKind::Denied {
            return Check::not_answered(ID, subject, refusal.said.clone());
        }
        if entered.listed_from() == self.caller.account {
            let mut check = self.examined.denied(ID, subject, self.job, self.config, refusal);
            if !is_management {
                check.found = format!(
                    "account {} is neither the management account ({management}) nor a delegated administrator, or may \
                     not list accounts: {}",
                    self.caller.account, check.found
                );
                let service = ["--service-principal", "account.amazonaws.com"];
                // Organizations registers nobody for a service that it does not trust.
                let enable = commands::aws("organizations", "enable-aws-service-access", &service);
                let account = self.caller.account.to_string();
                let delegate = commands::aws(
                    "organizations",
                    "register-delegated-administrator",
                    &["--account-id", &account, service[0], service[1]],
                );
                let mut candidates = vec![
                    Fix::explained(
                        "if it is no delegated administrator: use credentials of the management account, or make it one \
                         (of AWS Account Management, which also lets it change the contacts and regions of all members)",
                    )
                    .run_in(management, vec![enable, delegate]),
                ];
                candidates.extend(check.fix.take());
                check.candidates = candidates;
                check.cause = Some("cannot-list".to_owned());
            }
            return check;
        }
        self.examined.management_role_denied(ID, subject, (self.job, self.config), management, refusal)
    }

    async fn storage(&self, organizations: &[Entered<W::Session>]) -> Vec<Check> {
        let Some(bucket) = self.config.output.bucket.as_deref() else { return Vec::new() };
        let of_organization = organizations.first().map(|entered| entered.organization().management_account);
        let time_stamp = names::time_stamp(self.world.now());
        let place = ReportBucket {
            job: self.job,
            config: self.config,
            caller: self.examined,
            bucket,
            management_account: of_organization.unwrap_or(self.caller.account),
            time_stamp: &time_stamp,
        };
        place.checks(self.world).await
    }

    async fn exemptions(&self) -> Option<Check> {
        let location = self.config.audit.exemptions.as_deref()?;
        let owner: AccountId = self.config.output.expected_bucket_owner.unwrap_or(self.caller.account);
        Some(match self.world.document(location, owner).await {
            Ok(content) => {
                let today = self.world.now().to_zoned(TimeZone::UTC).date();
                let list = Exemptions::parse(&content);
                let explained = list.explain(today);
                match explained.problem {
                    Some(problem) => Check::failed(EXEMPTIONS, location, "exemptions-malformed", problem)
                        .mended_by(Fix::explained("`orgscan exemptions check FILE` explains each entry")),
                    None if !explained.is_well_formed() => Check::warning(
                        EXEMPTIONS,
                        location,
                        "exemptions-malformed",
                        "some entries are malformed and exempt nothing",
                    )
                    .mended_by(Fix::explained("`orgscan exemptions check FILE` explains each entry")),
                    None => Check::ok(EXEMPTIONS, location, format!("{} entries can be read", explained.entries.len())),
                }
            }
            // Who may not list a bucket is answered so where the list is not there.
            Err(StoreError::Call(call))
                if call.kind == CallErrorKind::Denied && !call.chain().contains("s3:ListBucket") =>
            {
                self.denied_exemptions(location, &Refusal::from(&call))
            }
            Err(error) => Check::failed(EXEMPTIONS, location, "exemptions-unreadable", chain(&error))
                .mended_by(Fix::explained("put the list there, or correct EXEMPTIONS")),
        })
    }

    /// The list may not be read. Reports are read with the same action, so that the statement is chosen by its name.
    fn denied_exemptions(&self, location: &str, refusal: &Refusal) -> Check {
        const SID: &str = "ReadExemptions";
        let mut check = self.examined.denied(EXEMPTIONS, location, self.job, self.config, refusal);
        let policy = policies::of_caller(self.job, self.config, &self.examined.place());
        let is_lacking = check.cause.as_deref() == Some(DeniedBy::IdentityPolicy.cause());
        if let Some(statement) = policy.statements.iter().find(|one| is_lacking && one.sid == SID) {
            let name = format!("orgscan-{}-{SID}", self.job.as_str());
            check.fix = Some(self.examined.grant_statement(&name, statement.to_json(), refusal.action));
        }
        check
    }
}
