"""What AWS CloudFormation does with a StackSet and the emulator does not.

AWS::CloudFormation::StackSet with service-managed permissions, by its page in the CloudFormation Template Reference: a
stack in every account of the Organization below the roots and units that are named. "StackSets doesn't deploy stacks to
the organization's management account, even if the management account is in your organization or in an OU in your
organization" (Service-managed stack sets, CloudFormation User Guide). Where it is deleted, so are they.
Nothing else of a StackSet is here.
"""

import authorization
from ministack.core.responses import (
    get_account_id,
    get_region,
    new_uuid,
    set_request_account_id,
    set_request_region,
)
from ministack.services import cloudformation, organizations
from ministack.services.cloudformation import handlers, helpers, provisioners

KIND = "AWS::CloudFormation::StackSet"


def fill():
    """Patches the emulator in this process, before it starts."""
    provisioners._RESOURCE_HANDLERS[KIND] = {"create": _create, "update": _update, "delete": _delete}


def _create(_logical_id, properties, _stack_name):
    if properties["PermissionModel"] != "SERVICE_MANAGED":
        raise ValueError(f"{KIND}: of the permission models there is only SERVICE_MANAGED here")
    stack_set = f"{properties['StackSetName']}:{new_uuid()}"
    parameters = _parameters(stack_set, properties)
    for account, region in _targets(properties):
        _in(account, region, lambda: _deploy(parameters))
    return stack_set, {"StackSetId": stack_set}


def _update(stack_set, _before, properties, _stack_name):
    """The stacks that are there are updated, and those that are missing made."""
    parameters = _parameters(stack_set, properties)
    name = _stack_of(stack_set)
    for account, region in _targets(properties):
        is_there = (account, region, name) in cloudformation._stacks._data
        _in(account, region, lambda: _renew(parameters) if is_there else _deploy(parameters))
    return stack_set, {"StackSetId": stack_set}


def _parameters(stack_set, properties):
    """What the stack of every account is made with."""
    body, error = helpers._resolve_template({"TemplateURL": [properties["TemplateURL"]]})
    if error:
        raise ValueError(f"{KIND}: {properties['TemplateURL']} cannot be read")
    parameters = {"TemplateBody": [body], "StackName": [_stack_of(stack_set)]}
    for number, capability in enumerate(properties.get("Capabilities", []), 1):
        parameters[f"Capabilities.member.{number}"] = [capability]
    for number, parameter in enumerate(properties.get("Parameters", []), 1):
        for field, value in parameter.items():
            parameters[f"Parameters.member.{number}.{field}"] = [str(value)]
    return parameters


def _targets(properties):
    """The accounts and regions that have a stack."""
    for group in properties.get("StackInstancesGroup", []):
        for account in _accounts(group["DeploymentTargets"]["OrganizationalUnitIds"]):
            for region in group["Regions"]:
                yield account, region


def _delete(stack_set, _properties):
    parameters = {"StackName": [_stack_of(stack_set)]}
    for account, region, name in list(cloudformation._stacks._data):
        if name == _stack_of(stack_set):
            _in(account, region, lambda: _remove(parameters))


def _stack_of(stack_set):
    """What the StackSet's stack is called in every account."""
    return f"StackSet-{stack_set.replace(':', '-')}"


def _deploy(parameters):
    # It goes on by itself, as it does in AWS.
    status, _headers, body = handlers._create_stack(parameters)
    if status != 200:
        raise ValueError(f"{KIND}: {body}")


def _renew(parameters):
    # As above. A stack in which nothing changes is left as it is.
    status, _headers, body = handlers._update_stack(parameters)
    if status != 200 and b"No updates are to be performed" not in body:
        raise ValueError(f"{KIND}: {body}")


def _remove(parameters):
    # As above.
    status, _headers, body = handlers._delete_stack(parameters)
    if status != 200:
        raise ValueError(f"{KIND}: {body}")


def _in(account, region, act):
    """Does something as if a request had come from the account, in the region."""
    before = get_account_id(), get_region()
    set_request_account_id(account)
    set_request_region(region)
    try:
        act()
    finally:
        set_request_account_id(before[0])
        set_request_region(before[1])


def _accounts(targets):
    """The accounts below the roots and units, without the management account and those that are closed."""
    management = authorization.management_account(get_account_id())
    units = {unit["Id"]: unit["_ParentId"] for unit in _records(organizations._ous, management)}
    found = []
    for account in _records(organizations._accounts, management):
        above = [account["_ParentId"]]
        while above[-1] in units:
            above.append(units[above[-1]])
        if account["Id"] != management and account["Status"] == "ACTIVE" and set(above) & set(targets):
            found.append(account["Id"])
    return found


def _records(store, owner):
    return [record for (account, _key), record in store._data.items() if account == owner]
