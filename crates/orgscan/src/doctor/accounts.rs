//! The accounts of one Organization: whether each is entered, and may be read.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use futures::stream;
use serde_json::Value;

use super::caller::Examined;
use super::commands;
use super::denial::{Denial, Denied};
use super::diagnosis::{Check, Fix, State};
use super::look::Looker;
use super::ports::Roles;
use super::roles::{ClosedRole, Look, TenantItem, assume_statement};
use crate::account::{Account, AccountId};
use crate::config::{Config, Job, TagSource, Via};
use crate::error::CallErrorKind;
use crate::jobs::rehearsal::{Entered, Refusal, Rehearsed, RehearsedOrganization, Step, Tried};
use crate::ledger::{Outcome, Sum};
use crate::policies;
use crate::scan::{self, Limits, Stop, scan};
use crate::text::{counted, one_line};

const ROLE: &str = "account-role";
const ACTIONS: &str = "account-actions";
/// The cause of tags that could not be read in bulk, where that is a warning.
const BULK_NOT_ANSWERED: &str = "bulk-not-answered";

/// Accounts that are looked into at a time.
const LOOKS: NonZeroUsize = match NonZeroUsize::new(32) {
    Some(looks) => looks,
    None => NonZeroUsize::MIN,
};

/// Closed roles of one cause that a function says how to open: with more of them its answer is longer than it may be, and
/// few keep it ([`super::Diagnosis::shorten`]).
const MOST_MENDED: usize = 5_000;

/// How member roles of an Organization are assumed, and what they need: the same of each.
#[derive(Debug, Clone)]
struct WayIn {
    /// By the names of inline policies.
    policies: Vec<(String, Value)>,
    asker: Examined,
    /// What lets the asker assume one: the statement, and the name of an inline policy for it.
    may_assume: (String, Value),
}

/// What all accounts of an Organization are judged by.
pub(super) struct AccountsOfOrganization<'a, S> {
    pub(super) job: Job,
    pub(super) config: &'a Config,
    pub(super) caller: &'a Examined,
    pub(super) entered: &'a Entered<S>,
    pub(super) stop: Stop,
    pub(super) is_function: bool,
}

impl<S> AccountsOfOrganization<'_, S> {
    /// The checks of every account that was tried, and one for all of them.
    pub(super) async fn checks<W: Roles<Session = S>>(
        &self,
        rehearsed: &RehearsedOrganization,
        looker: &Looker<'_, W>,
    ) -> Vec<Check> {
        let mut checks = vec![self.overview(rehearsed)];
        checks.extend(rehearsed.tags.as_ref().map(|refusal| self.tags(refusal)));
        checks.extend(rehearsed.tags_in_bulk.as_ref().map(|refusal| self.tags_in_bulk(refusal)));
        let mut closed: Vec<(&Account, &Refusal)> = Vec::new();
        for one in &rehearsed.accounts {
            match &one.tried {
                _ if one.outcome.sum() == Sum::Skipped => {}
                Some(Tried::NotEntered(refusal)) if refusal.kind == CallErrorKind::Denied => {
                    closed.push((&one.account, refusal));
                }
                Some(Tried::Entered(steps)) => checks.push(self.entered(one, steps)),
                _ => checks.push(without_answer(one)),
            }
        }
        checks.extend(self.closed(closed, looker).await);
        checks
    }

    fn overview(&self, rehearsed: &RehearsedOrganization) -> Check {
        let accounts = &rehearsed.accounts;
        let by = |wanted: fn(&Rehearsed) -> bool| accounts.iter().filter(|one| wanted(one)).count() as u64;
        let ready = by(|one| matches!(one.outcome, Outcome::Reported | Outcome::ReportedPartially));
        let found = format!(
            "{} listed: {ready} ready, {} not, {} left out by their state, {} by the settings",
            counted(accounts.len() as u64, "account", "accounts"),
            by(|one| one.outcome.sum() == Sum::Failed),
            by(|one| one.outcome == Outcome::SkippedState),
            by(|one| one.outcome == Outcome::SkippedExcluded),
        );
        let subject = self.entered.organization().id.to_string();
        match &rehearsed.listing_problem {
            None => Check::ok("accounts", subject, found),
            Some(problem) => Check::failed("accounts", subject, "listing", format!("{problem}; {found}")),
        }
    }

    /// An account that lists, or may not be entered by anybody but itself, is mended where its own credentials are.
    fn entered(&self, one: &Rehearsed, steps: &[Step]) -> Check {
        let account = one.account.id;
        let subject = subject(&one.account);
        let refused: Vec<&Refusal> = steps.iter().filter_map(|step| step.refusal.as_ref()).collect();
        let (denied, unanswered): (Vec<&Refusal>, Vec<&Refusal>) =
            refused.into_iter().partition(|one| one.kind == CallErrorKind::Denied);
        let is_made_up_for = denied.iter().all(|one| one.is_made_up_for());
        let decisive = match (unanswered.first(), denied.first()) {
            (Some(unanswered), _) if is_made_up_for => {
                return Check::not_answered(ACTIONS, subject, unanswered.said.clone()).in_account(account);
            }
            (_, Some(decisive)) => decisive,
            (_, None) => {
                let tried: Vec<&str> = steps.iter().map(|step| step.action).collect();
                let found =
                    if tried.is_empty() { "no role is needed".to_owned() } else { format!("may {}", tried.join(", ")) };
                return Check::ok(ACTIONS, subject, found).in_account(account);
            }
        };
        let cause = Denial::read(&decisive.said).cause();
        let actions: Vec<&str> = denied.iter().map(|one| one.action).collect();
        let found = match actions.as_slice() {
            [_one] => decisive.said.clone(),
            several => format!("{} are denied: {}", several.join(" and "), decisive.said),
        };
        let check = if is_made_up_for {
            Check::warning(ACTIONS, subject, cause, found)
        } else {
            Check::failed(ACTIONS, subject, cause, found)
        };
        check.in_account(account).of_action(decisive.action).mended_by(self.mended(account, decisive))
    }

    /// What mends that whoever reads an account was denied an action there.
    fn mended(&self, account: AccountId, refusal: &Refusal) -> Fix {
        let denied = Denied {
            denial: Denial::read(&refusal.said),
            action: refusal.action,
            principal: &self.role_of(account),
            resource: &format!("account {account}"),
            accounts: (account, account),
            management: Some(self.entered.organization().management_account),
        };
        denied.mended_elsewhere().unwrap_or_else(|| self.allow(account, refusal.action))
    }

    fn tags(&self, refusal: &Refusal) -> Check {
        let listed_from = self.entered.listed_from();
        let subject = self.entered.organization().id.to_string();
        if refusal.kind != CallErrorKind::Denied {
            return Check::not_answered("account-tags", subject, refusal.said.clone()).in_account(listed_from);
        }
        Check::failed("account-tags", subject, Denial::read(&refusal.said).cause(), refusal.said.clone())
            .in_account(listed_from)
            .of_action(refusal.action)
            .mended_by(self.mended(listed_from, refusal))
    }

    /// Where accounts may be asked one by one as well, a run does that where it may not list the tags of many.
    fn tags_in_bulk(&self, refusal: &Refusal) -> Check {
        let check = self.tags(refusal);
        if self.config.inventory.tag_source == TagSource::Tagging {
            return check;
        }
        let found = format!("tags are read account by account: {}", check.found);
        // A run goes on without the answer, which is so no failure of the examination.
        let cause = if check.is_without_answer() { Some(BULK_NOT_ANSWERED.to_owned()) } else { check.cause };
        Check { state: State::Warning, found, cause, ..check }
    }

    /// The role whose session reads an account.
    fn role_of(&self, account: AccountId) -> String {
        if account == self.caller.account {
            return self.caller.principal.clone();
        }
        self.caller.partition.role_arn(account, self.role_name(account))
    }

    fn role_name(&self, account: AccountId) -> &str {
        match &self.config.tenants {
            Some(table) if account == self.entered.listed_from() => &table.management_role,
            _ => &self.config.member_role.name,
        }
    }

    /// How an action is granted to whoever reads an account.
    fn allow(&self, account: AccountId, action: &str) -> Fix {
        if account == self.caller.account {
            return self.caller.grant(self.job, self.config, action);
        }
        let (name, policy) = self.policy_of_role(account);
        let role_name = self.role_name(account);
        let fix = Fix::explained(format!("allow the role {} the action {action}", self.role_of(account)))
            .run_in(account, vec![commands::put_role_policy(role_name, &name, &policy.to_json())]);
        match policy.statement_for(action) {
            Some(statement) => fix.with_policy(statement.to_json()),
            None => fix,
        }
    }

    fn policy_of_role(&self, account: AccountId) -> (String, policies::Policy) {
        let policy = if account == self.entered.listed_from() {
            policies::of_management_role(self.job, self.config, &self.caller.partition)
        } else {
            policies::of_member_role(self.job)
        };
        (self.policy_name(), policy)
    }

    fn policy_name(&self) -> String {
        format!("orgscan-{}", self.job.as_str())
    }

    /// Accounts whose role lets nobody in. All are looked into before one is judged: where they all ask for the same
    /// external id, a setting mends them at once.
    async fn closed<W: Roles<Session = S>>(
        &self,
        closed: Vec<(&Account, &Refusal)>,
        looker: &Looker<'_, W>,
    ) -> Vec<Check> {
        let limits = Limits {
            open: LOOKS,
            visit_timeout: Duration::from_mins(2),
            deadline: None,
            stop: self.stop.clone(),
            grace: Duration::ZERO,
        };
        let role_name = &self.config.member_role.name;
        let scanned = scan(stream::iter(closed), &limits, |(account, _)| looker.look(account.id, role_name)).await;
        let looks: Vec<((&Account, &Refusal), Look)> = scanned
            .visited
            .into_iter()
            .map(|one| match one.outcome {
                scan::Outcome::Done(look) => (one.target, look),
                _ => (one.target, Look::Unseen("it was not looked into in time".to_owned())),
            })
            .collect();
        let way_in = self.way_in();
        let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
        // Each role has policies of its own and there may be tens of thousands, so that one is made at a time.
        for ((account, _), look) in looks.iter().filter(|(_, look)| matches!(look, Look::Seen(_))) {
            for demanded in self.closed_role(account, &way_in).demanded(look).into_iter().flatten() {
                *wanted.entry(demanded).or_default() += 1;
            }
        }
        let most = wanted.values().copied().max();
        let demanded = wanted.iter().find(|(_, count)| Some(**count) == most).map(|(id, _)| id.as_str());
        let most_mended = if self.is_function { MOST_MENDED } else { usize::MAX };
        let mut mended: BTreeMap<Option<String>, usize> = BTreeMap::new();
        let explain = |((account, refusal), look): &((&Account, &Refusal), Look)| {
            let mut check = self.closed_role(account, &way_in).explain(refusal, look, demanded);
            let of_cause = mended.entry(check.cause.clone()).or_default();
            *of_cause += 1;
            if *of_cause > most_mended {
                check.fix = None;
                check.candidates.clear();
            }
            check
        };
        looks.iter().map(explain).collect()
    }

    fn way_in(&self) -> WayIn {
        let (asker, may_assume) = self.asker();
        let policy = policies::of_member_role(self.job).to_json();
        WayIn { policies: vec![(self.policy_name(), policy)], asker, may_assume }
    }

    fn closed_role(&self, account: &Account, way_in: &WayIn) -> ClosedRole<'_> {
        let role_name = &self.config.member_role.name;
        let WayIn { policies, asker, may_assume } = way_in.clone();
        ClosedRole {
            check: ROLE,
            subject: subject(account),
            account: account.id,
            role_name,
            role_arn: self.caller.partition.role_arn(account.id, role_name),
            policies,
            asker,
            external_id: self.entered.external_id(),
            may_assume,
            management: Some(self.entered.organization().management_account),
            tenant: self.config.tenants.as_ref().map(|table| TenantItem {
                table: &table.name,
                tenant: self.entered.listed_from(),
                account: self.caller.account,
            }),
        }
    }

    /// Whose session assumes member roles, and what lets it.
    fn asker(&self) -> (Examined, (String, Value)) {
        let (job, config, partition) = (self.job, self.config, &self.caller.partition);
        let management = self.entered.organization().management_account;
        let organization = Some(self.entered.organization().id.to_string());
        let (asker, policy) = match &config.tenants {
            Some(table) if config.member_role.via == Via::Management && management != self.caller.account => {
                let principal = partition.role_arn(management, &table.management_role);
                let asker = Examined {
                    principal,
                    account: management,
                    organization,
                    may_have_path: false,
                    ..self.caller.clone()
                };
                (asker, policies::of_management_role(job, config, partition))
            }
            Some(_) => (self.caller.clone(), policies::of_caller(job, config, &self.caller.place())),
            None => {
                let asker = Examined { organization, ..self.caller.clone() };
                (asker, policies::of_caller(job, config, &self.caller.place()))
            }
        };
        let resource = format!("arn:{partition}:iam::*:role/{}", config.member_role.name);
        let statement = policy
            .statements
            .iter()
            .find(|one| one.actions.contains(&"sts:AssumeRole") && one.resources.contains(&resource))
            .map_or_else(
                || assume_statement(partition.as_str(), &config.member_role.name),
                policies::Statement::to_json,
            );
        let sid = statement["Sid"].as_str().unwrap_or("AssumeRoles").to_owned();
        (asker, (format!("orgscan-{}-{sid}", job.as_str()), statement))
    }
}

/// An account that was not entered, for a reason that is none of its role's.
fn without_answer(one: &Rehearsed) -> Check {
    let (subject, found) = (subject(&one.account), one.detail.clone());
    let check = match one.outcome {
        Outcome::NotAttempted | Outcome::Timeout => Check::not_examined(ROLE, subject, found),
        _ => Check::not_answered(ROLE, subject, found),
    };
    check.in_account(one.account.id)
}

/// An account as a reader sees it.
fn subject(account: &Account) -> String {
    match one_line(&account.name, 40) {
        name if name.is_empty() => account.id.to_string(),
        name => format!("{} {name}", account.id),
    }
}
