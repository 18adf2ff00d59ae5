"""The roles that the functions assume in other accounts: stacks/*.yaml, and what some administrators made of them."""

import copy
import json
import pathlib

import world
from template import Template

STACKS = pathlib.Path(__file__).resolve().parent.parent / "stacks"
FIND_REGIONS = "find-regions"


def management_role(account, callers, external_id):
    """The role in a management account, as its template describes it."""
    return _role("management-role.yaml", "ManagementRole", world.MANAGEMENT_ROLE, account, callers, external_id)


def member_role(account, callers, external_id, kind="reader"):
    """The role in a member account; in some it may do less than what is needed, as happens."""
    role = _role("member-role.yaml", "MemberRole", world.MEMBER_ROLE, account, callers, external_id)
    return {**role, "policies": {**role["policies"], FIND_REGIONS: restricted(role["policies"][FIND_REGIONS], kind)}}


def restricted(policy, kind):
    """What an account's own administrators made of the policy that finds regions."""
    policy = copy.deepcopy(policy)
    if kind == "no-tagging":
        (statement,) = policy["Statement"]
        statement["Action"].remove("tag:GetResources")
    if kind == "one-region-denied":
        denied = {"StringEquals": {"aws:RequestedRegion": "ap-southeast-1"}}
        policy["Statement"].append(
            {"Effect": "Deny", "Action": "tag:GetResources", "Resource": "*", "Condition": denied}
        )
    return policy


def create(client, role):
    """Makes a role with its policies."""
    client.create_role(RoleName=role["name"], AssumeRolePolicyDocument=json.dumps(role["trust"]))
    for name, policy in role["policies"].items():
        client.put_role_policy(RoleName=role["name"], PolicyName=name, PolicyDocument=json.dumps(policy))


def _role(file, logical_id, name, account, callers, external_id):
    parameters = {"RoleName": name, "CallerRoleArns": ",".join(callers), "ExternalId": external_id}
    return Template(STACKS / file, parameters, {logical_id: name}, account, world.REGION).role_itself(logical_id)
