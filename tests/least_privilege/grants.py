"""What policies grant, piece by piece: each action on each resource of each statement."""

import copy
import dataclasses


@dataclasses.dataclass(frozen=True)
class Grant:
    """One action on one resource, as one statement of one policy of one role allows it."""

    account: str
    role: str
    policy: str
    sid: str
    action: str
    resource: str


def grants(account, role):
    """All that a role is granted."""
    for policy, document in role.policies.items():
        for statement in document["Statement"]:
            if statement["Effect"] != "Allow":
                continue
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield Grant(account, role.name, policy, statement["Sid"], action, resource)


def without(document, grant):
    """The policy without this one grant; nothing where nothing is left of it."""
    statements = []
    for statement in document["Statement"]:
        statements += without_in(statement, grant) if statement.get("Sid") == grant.sid else [statement]
    return {**document, "Statement": statements} if statements else None


def without_in(statement, grant):
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    other_actions = [one for one in actions if one != grant.action]
    other_resources = [one for one in resources if one != grant.resource]
    left = []
    if other_actions:
        left.append({**statement, "Action": other_actions, "Resource": resources})
    if other_resources:
        left.append({**statement, "Action": [grant.action], "Resource": other_resources})
    # The names of statements are unique in a policy.
    return [{**copy.deepcopy(one), "Sid": f"{statement['Sid']}{number or ''}"} for number, one in enumerate(left)]


def listed(value):
    return value if isinstance(value, list) else [value]
