"""The roles in the other accounts, from stacks/*.yaml, as the people of each Organization roll them out.

The functions' own Organization gets its member roles from the StackSet in template.yaml. The tenants' Organizations are
somebody else's: there the templates are deployed in each account.
"""

import json

import assumed_roles
import world
from emulated import ROOT

import cloudformation

STACK = "orgscan-role"


def deploy(place, callers):
    """Deploys a role into every account that has one in the demo's world; answers how many came in which way."""
    member_template, management_template = (
        (ROOT / "stacks" / name).read_text(encoding="utf-8") for name in ("member-role.yaml", "management-role.yaml")
    )
    own, *others = place.organizations.values()
    with_role = [account for account in own.members if account.role != "none" and account.state == "ACTIVE"]
    place.builder.each(lambda account: _wait_for_role(place, account), with_role)
    stacks = []
    for tenant in others:
        for account in tenant.accounts:
            parameters = {"CallerRoleArns": ",".join(callers), "ExternalId": tenant.external_id}
            manages = account is tenant.management or account is world.member_that_is_a_tenant(place.organizations)
            if manages:
                stacks.append((account, management_template, {**parameters, "RoleName": world.MANAGEMENT_ROLE}))
            if account is not tenant.management and account.role != "none":
                stacks.append((account, member_template, {**parameters, "RoleName": world.MEMBER_ROLE}))
    place.builder.each(lambda one: _create(place, *one), stacks)
    place.builder.each(lambda account: _restrict(place, account), place.builder.accounts())
    return {"by the StackSet": len(with_role), "by a stack of its own": len(stacks)}


def _create(place, account, template, parameters):
    client = place.builder.client("cloudformation", account.id)
    cloudformation.create(client, f"{STACK}-{parameters['RoleName']}", parameters, TemplateBody=template)


def _wait_for_role(place, account):
    """Instances of a StackSet come after the stack that it belongs to."""
    client = place.builder.client("iam", account.id)

    def exists():
        return any(one["RoleName"] == world.MEMBER_ROLE for one in client.list_roles()["Roles"])

    cloudformation.wait(exists, f"{world.MEMBER_ROLE} in {account.id}")


def _restrict(place, account):
    """What some accounts' own administrators made of the role: the demo's world has a few that may do less."""
    if account.role in ("no-tagging", "one-region-denied"):
        client = place.builder.client("iam", account.id)
        policy = {"RoleName": world.MEMBER_ROLE, "PolicyName": assumed_roles.FIND_REGIONS}
        document = assumed_roles.restricted(client.get_role_policy(**policy)["PolicyDocument"], account.role)
        client.put_role_policy(**policy, PolicyDocument=json.dumps(document))
