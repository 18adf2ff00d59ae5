"""StackSets with service-managed permissions, as AWS CloudFormation's own calls make and remove them.

AWS CloudFormation API Reference: CreateStackSet, CreateStackInstances, DeleteStackInstances, DescribeStackSetOperation,
DeleteStackSet. An operation has succeeded where every account's stack is there, or gone.
"""

import delegation
import stack_sets
from ministack.core.responses import get_account_id, new_uuid
from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, helpers

# By account and name: the stack set's id, and what its stacks are made with.
made = {}
# The id of the stack set that an operation is about.
operations = {}


def fill():
    """Patches the emulator in this process, before it starts."""
    for call in (create_stack_set, create_stack_instances, delete_stack_instances, describe_stack_set_operation):
        _answer(call)
    _answer(delete_stack_set)


def _answer(call):
    name = "".join(word.capitalize() for word in call.__name__.split("_"))

    def answered(params):
        try:
            inner = call(params)
        except LookupError as error:
            return helpers._error("StackSetNotFoundException", f"{error} is not known", 404)
        except ValueError as error:
            return helpers._error("ValidationError", str(error))
        return helpers._xml(200, f"{name}Response", f"<{name}Result>{inner}</{name}Result>")

    handlers._ACTION_HANDLERS[name] = answered


def create_stack_set(params):
    if refused := delegation.may_make_stack_sets(helpers._p(params, "CallAs")):
        raise ValueError(refused)
    if helpers._p(params, "PermissionModel") != "SERVICE_MANAGED":
        raise ValueError("of the permission models there is only SERVICE_MANAGED here")
    body, error = helpers._resolve_template(params)
    if error:
        raise ValueError("the template cannot be read")
    name = helpers._p(params, "StackSetName")
    stack_set = f"{name}:{new_uuid()}"
    kept = {key: value for key, value in params.items() if key.startswith(("Capabilities.", "Parameters."))}
    kept |= {"TemplateBody": [body], "StackName": [stack_sets._stack_of(stack_set)]}
    made[get_account_id(), name] = stack_set, kept
    return f"<StackSetId>{stack_set}</StackSetId>"


def create_stack_instances(params):
    stack_set, kept = _found(params)
    accounts = stack_sets._accounts(_members(params, "DeploymentTargets.OrganizationalUnitIds"))
    for account in accounts:
        for region in _members(params, "Regions"):
            stack_sets._in(account, region, lambda: stack_sets._deploy(kept))
    return _operation(stack_set)


def delete_stack_instances(params):
    stack_set, _kept = _found(params)
    if helpers._p(params, "RetainStacks") != "false":
        raise ValueError("stacks are not retained here")
    stack_sets._delete(stack_set, {})
    return _operation(stack_set)


def describe_stack_set_operation(params):
    stack_set = operations[helpers._p(params, "OperationId")]
    name = stack_sets._stack_of(stack_set)
    states = [one["StackStatus"] for (_, _, of), one in list(cloudformation._stacks._data.items()) if of == name]
    status = "SUCCEEDED"
    if any(one.endswith("_IN_PROGRESS") for one in states):
        status = "RUNNING"
    elif any(one.endswith("_FAILED") or "ROLLBACK" in one for one in states):
        status = "FAILED"
    return f"<StackSetOperation><Status>{status}</Status></StackSetOperation>"


def delete_stack_set(params):
    stack_set, _kept = _found(params)
    name = stack_sets._stack_of(stack_set)
    left = [one for (_, _, of), one in list(cloudformation._stacks._data.items()) if of == name]
    if any(one["StackStatus"] != "DELETE_COMPLETE" for one in left):
        raise ValueError("StackSet is not empty")
    del made[get_account_id(), helpers._p(params, "StackSetName")]
    return ""


def _found(params):
    return made[get_account_id(), helpers._p(params, "StackSetName")]


def _operation(stack_set):
    operation = new_uuid()
    operations[operation] = stack_set
    return f"<OperationId>{operation}</OperationId>"


def _members(params, name):
    return [value[0] for key, value in sorted(params.items()) if key.startswith(f"{name}.member.")]
