"""Policies in the terms that the emulator knows, where it lacks what AWS has.

A policy is changed in these places only, and to what means the same in the demo's world.
"""

import re

# The emulator takes every call to AWS Organizations to be on `organization/*`, whichever account it is about.
ACCOUNTS_OF_ORGANIZATION = re.compile(r"^(arn:[^:]+:organizations::[^:]+):account/.*$")

# The emulator does not know which Organization a role's account is in; it does know the account.
SAME_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}


def in_known_terms(policy, own_accounts):
    """The policy for a caller whose Organization has these accounts."""
    return {**policy, "Statement": [_statement(one, own_accounts) for one in policy["Statement"]]}


def _statement(statement, own_accounts):
    resources = statement["Resource"]
    listed = resources if isinstance(resources, list) else [resources]
    known = [ACCOUNTS_OF_ORGANIZATION.sub(r"\1:organization/*", one) for one in listed]
    changed = {**statement, "Resource": known}
    if statement.get("Condition") == SAME_ORGANIZATION:
        changed["Condition"] = {"StringEquals": {"aws:ResourceAccount": own_accounts}}
    return changed
