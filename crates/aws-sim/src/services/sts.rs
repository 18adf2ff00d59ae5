//! STS: who calls, and sessions in other accounts.

use tokio::time::Instant;

use crate::account::AccountId;
use crate::answer::Answer;
use crate::call::Call;
use crate::clock::rfc3339;
use crate::form;
use crate::problem::Problem;
use crate::world::World;
use crate::xml::escaped;

/// How long a session lasts where the call does not say.
const DEFAULT_SECONDS: u64 = 3_600;

/// What follows the account in a session token, to make it about as long as a real one.
const REST_OF_TOKEN: &str = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDfakefakefakefakefakefakefakefakefake\
    fakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefake\
    fakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakefakef\
    akefakefakefakefakefakefakefakefakefakefakefakefakefake==";

/// What AssumeRole takes that matters here.
#[derive(Debug)]
pub(crate) struct AssumeRole {
    role_arn: String,
    session_name: String,
    seconds: Option<u64>,
}

impl AssumeRole {
    pub(crate) fn of_form(form: &str) -> Self {
        let text = |name| form::value(form, name).unwrap_or_default().into_owned();
        Self {
            role_arn: text("RoleArn"),
            session_name: text("RoleSessionName"),
            seconds: form::value(form, "DurationSeconds").and_then(|seconds| seconds.parse().ok()),
        }
    }

    /// The account of the role.
    pub(crate) fn account(&self) -> Option<AccountId> {
        AccountId::of_arn(&self.role_arn)
    }
}

pub(crate) fn get_caller_identity(call: &Call) -> Answer {
    let account = call.caller;
    let result = if call.is_assumed {
        format!(
            "<Arn>arn:aws:sts::{account}:assumed-role/sim/sim</Arn><UserId>AROA{account}ROLE:sim</UserId>\
             <Account>{account}</Account>"
        )
    } else {
        format!(
            "<Arn>arn:aws:iam::{account}:user/sim</Arn><UserId>AIDA{account}USER</UserId><Account>{account}</Account>"
        )
    };
    Answer::query(call.operation, call.request_id, &result)
}

pub(crate) fn assume_role(world: &World, call: &Call, input: &AssumeRole, now: Instant) -> Result<Answer, Problem> {
    let role = input.role_arn.split_once(":role/").map(|(_, role)| role.rsplit('/').next().unwrap_or(role));
    let account = input.account().filter(|account| world.layout.place(*account).is_some());
    let (Some(account), Some(role)) = (account, role) else {
        return Err(Problem::denied(call.operation.service(), call));
    };
    let expiration = rfc3339(world.clock.unix_seconds(now) + input.seconds.unwrap_or(DEFAULT_SECONDS));
    world.counters.called_by(&input.session_name);
    let (role, session) = (escaped(role), escaped(&input.session_name));
    let access_key_id = account.access_key_id();
    let result = format!(
        "<AssumedRoleUser><AssumedRoleId>AROA{account}ROLE:{session}</AssumedRoleId>\
         <Arn>arn:aws:sts::{account}:assumed-role/{role}/{session}</Arn></AssumedRoleUser><Credentials>\
         <AccessKeyId>{access_key_id}</AccessKeyId><SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCY{account}</SecretAccessKey>\
         <SessionToken>{account}{REST_OF_TOKEN}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
         <PackedPolicySize>6</PackedPolicySize>"
    );
    Ok(Answer::query(call.operation, call.request_id, &result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_an_assume_role_is_that_of_the_role() {
        let form =
            "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A100000000004%3Arole%2Fpath%2FReader&RoleSessionName=a%2Bb";
        let input = AssumeRole::of_form(form);
        assert_eq!(input.account(), Some(AccountId::new(0, 4)));
        assert_eq!(input.session_name, "a+b");
        assert_eq!(input.seconds, None);
        assert_eq!(AssumeRole::of_form("Action=AssumeRole").account(), None);
    }
}
