//! Looking into accounts whose roles let nobody in, through a role that the management account has there.

use super::commands::name_and_path;
use super::ports::Roles;
use super::roles::Look;
use crate::account::{AccountId, Partition};
use crate::error::CallErrorKind;
use crate::ports::{Caller, RoleToAssume};
use crate::session_policy::SessionPolicy;

/// How a session is named that only looks.
const SESSION_NAME: &str = "orgscan-doctor";

/// Looks into the accounts of one Organization.
pub(super) struct Looker<'a, W: Roles> {
    world: &'a W,
    partition: &'a Partition,
    /// The role to look through; none: nobody looks.
    through: Option<&'a str>,
    /// The credentials that assume it, or why there are none.
    via: Result<W::Session, String>,
    external_id: Option<&'a str>,
}

impl<'a, W: Roles> Looker<'a, W> {
    /// Looks with the caller's own credentials.
    pub(super) fn of_caller(
        world: &'a W,
        caller: &'a Caller<W::Session>,
        through: Option<&'a str>,
        external_id: Option<&'a str>,
    ) -> Self {
        Self { world, partition: &caller.partition, through, via: Ok(caller.session.clone()), external_id }
    }

    /// The same with those of a role in a management account, which is assumed for it.
    pub(super) async fn of_management(mut self, caller: &Caller<W::Session>, account: AccountId, role: &str) -> Self {
        if let (Some(through), true) = (self.through, account != caller.account) {
            let role = RoleToAssume {
                account,
                role_arn: self.partition.role_arn(account, role),
                session_name: SESSION_NAME.to_owned(),
                external_id: self.external_id.map(str::to_owned),
                policy: SessionPolicy::only_assume(self.partition, through),
            };
            let assumed = self.world.assume_role(&caller.session, &role).await;
            self.via = assumed.map_err(|error| format!("its management account cannot be entered: {}", error.chain()));
        }
        self
    }

    /// Looks at one role of one account.
    pub(super) async fn look(&self, account: AccountId, role_name: &str) -> Look {
        let Some(through) = self.through else {
            return Look::Unseen(
                "from a function nobody looks into the account; `orgscan doctor` in a terminal does".into(),
            );
        };
        if through == role_name {
            return Look::Unseen(format!("the account could be looked into through {through} only, the same role"));
        }
        let via = match &self.via {
            Ok(via) => via,
            Err(why) => return Look::Unseen(why.clone()),
        };
        let role = RoleToAssume {
            account,
            role_arn: self.partition.role_arn(account, through),
            session_name: SESSION_NAME.to_owned(),
            external_id: self.external_id.map(str::to_owned),
            policy: SessionPolicy::look_at_roles(),
        };
        let session = match self.world.assume_role(via, &role).await {
            Ok(session) => session,
            Err(error) => {
                let why = error.chain();
                return Look::Unseen(format!("the account cannot be looked into through {through} either: {why}"));
            }
        };
        match self.world.role(&session, name_and_path(role_name).0).await {
            Ok(seen) => Look::Seen(seen),
            Err(error) if error.kind == CallErrorKind::NotFound => Look::Absent,
            Err(error) => Look::Unseen(error.chain()),
        }
    }
}
