"""The roles of stacks, with the policies that IAM says they have."""

import dataclasses

import resources


@dataclasses.dataclass(frozen=True)
class Role:
    """One role: what the template calls it, its name, and its policies by their names."""

    id: str
    name: str
    policies: dict
    normal: resources.Normal


class Place:
    """An account and its stacks."""

    def __init__(self, stage, account):
        self.stage = stage
        self.account = account

    def of_home(self, service):
        return self.stage.client(service, self.account)


def of_stack(stage, account, stack):
    """The logical ids of all that the stack made, and its roles."""
    found = resources.of_stack(Place(stage, account), stack)
    normal = resources.Normal(found, stack, account)
    client = stage.client("iam", account)
    roles = [
        Role(one.logical_id, one.physical_id, policies_of(client, one.physical_id), normal)
        for one in found.values()
        if one.kind == "AWS::IAM::Role"
    ]
    return list(found), roles


def policies_of(client, role):
    """The documents of all policies of a role; of those that stand by themselves the templates have none."""
    attached = client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    if attached:
        raise AssertionError(f"{role} has policies that are not taken away here: {attached}")
    names = client.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
