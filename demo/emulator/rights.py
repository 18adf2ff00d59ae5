"""The rights of a state machine's role, which the emulator does not look at.

AWS assumes the role for every call that a state makes. Each is checked here against the role's identity policies, with
the emulator's own evaluator, where it checks policies at all.
"""

import contextvars

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, stepfunctions

ROLE = contextvars.ContextVar("role of the state machine", default=None)


def act_as(role):
    """What is called from here on, in this thread and those it starts, is called by the role."""
    ROLE.set(role)


def may(action, resource):
    """Whether the role may call the action; all is allowed where policies are not checked."""
    role = ROLE.get()
    if not app.AUTH or not role:
        return True
    account, name = get_account_id(), role.rsplit("/", 1)[-1]
    context = iam_evaluator.EvalContext(
        principal_arn=caller(),
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    return iam_evaluator.evaluate(context, policies, *limits).decision == "Allow"


def caller():
    return f"arn:aws:sts::{get_account_id()}:assumed-role/{ROLE.get().rsplit('/', 1)[-1]}/states"


def need(action, resource, error):
    """Fails as the service does that would be called."""
    if not may(action, resource):
        message = f"User: {caller()} is not authorized to perform: {action} on resource: {resource}"
        raise stepfunctions._ExecutionError(error, message)
