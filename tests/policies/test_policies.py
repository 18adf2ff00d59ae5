"""The policies that `orgscan policy` prints for settings are those of the templates that deploy these settings.

    test_policies.py ORGSCAN
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))

from template import Template

ACCOUNT = "222222222222"
REGION = "eu-west-1"
BUCKET = "reports"
JOBS = ("account-metadata", "credential-report")

# What Lambda asks of a function's role, and a terminal does without.
OF_LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}

MAIL = {"MailSender": "a@b.example", "MailRecipients": "c@d.example"}
VARIANTS = {
    "defaults": {},
    "with a prefix and a key": {"OutputPrefix": "audit/", "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"},
    "with mail of an address": {**MAIL, "MailIdentity": "a@b.example", "SesConfigurationSet": "digests"},
    "with mail of a domain": {**MAIL, "MailIdentity": "b.example"},
    "with exemptions": {"Exemptions": "s3://lists/exemptions.json"},
    "all tenants": {"CredentialReportScope": "all-tenants"},
    "all tenants through their management accounts": {
        "CredentialReportScope": "all-tenants",
        "MemberRoleVia": "management",
    },
    "all tenants with the role of Organizations": {
        "CredentialReportScope": "all-tenants",
        "MemberRoleName": "OrganizationAccountAccessRole",
    },
    "without regions": {"RegionDetection": "off"},
}


def deployed(parameters):
    names = {"ReportBucket": BUCKET, "UndeliveredEvents": "undelivered-events", "TenantsTable": "tenants"}
    parameters = {"Functions": "both", **parameters}
    return Template(ROOT / "template.yaml", parameters, names, ACCOUNT, REGION)


def settings(template, job):
    """The environment of a function, as it is deployed."""
    variables = template.function(template.function_id(job))["Environment"]["Variables"]
    return {name: str(value) for name, value in variables.items() if str(value)}


def grants(statements):
    """Each action on each resource, under its condition."""
    found = set()
    for statement in statements:
        condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
        for action in listed(statement["Action"]):
            found |= {(action, resource, condition) for resource in listed(statement["Resource"])}
    return found


def listed(value):
    return value if isinstance(value, list) else [value]


def of_role(role):
    statements = [one for policy in role["policies"].values() for one in policy["Statement"]]
    return {grant for grant in grants(statements) if grant[0] not in OF_LAMBDA}


def printed(variables, *arguments):
    """What `orgscan policy` prints, without any AWS to ask."""
    command = [ORGSCAN, "policy", *arguments, "--caller-arn", f"arn:aws:iam::{ACCOUNT}:role/caller", "--region", REGION]
    # In a folder without a file .env above it that matters, and with nothing of the tester's environment.
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr}")
    return json.loads(done.stdout)


class Policies(unittest.TestCase):
    def test_the_callers_policy_is_that_of_the_functions_role(self):
        for name, parameters in VARIANTS.items():
            template = deployed(parameters)
            for job in JOBS:
                with self.subTest(name, job=job):
                    expected = of_role(template.role(template.function_id(job)))
                    policy = printed(settings(template, job), "caller", "--job", job)
                    given = grants(policy["Statement"])
                    # The settings do not say which identity SES takes for the sender: its address or its domain.
                    self.assertEqual(self.without_identities(expected), self.without_identities(given))
                    self.assertLessEqual(expected, given)

    @staticmethod
    def without_identities(found):
        return {grant for grant in found if ":identity/" not in grant[1]}

    def test_the_management_roles_policy_is_that_of_its_stack(self):
        for via in ("caller", "management"):
            template = deployed({"CredentialReportScope": "all-tenants", "MemberRoleVia": via})
            for job in JOBS:
                only = {"Inventory": "no"} if job == "credential-report" else {"CredentialReport": "no"}
                assumed = {"MemberRoleName": "OrgReportReader"} if via == "management" else {}
                stack = self.stack("management-role.yaml", {**only, **assumed})
                with self.subTest(via, job=job):
                    expected = of_role(stack.role_itself("ManagementRole"))
                    given = grants(printed(settings(template, job), "management-role", "--job", job)["Statement"])
                    # One policy for every tenant cannot name the account; an account's own tags are all it could read.
                    expected = {
                        (action, resource.replace(f"::{ACCOUNT}:account/", "::*:account/"), condition)
                        for action, resource, condition in expected
                    }
                    self.assertEqual(expected, given)

    def test_the_member_roles_policy_and_trust_are_those_of_its_stack(self):
        template = deployed({"ExternalId": "secret-word"})
        callers = f"arn:aws:iam::{ACCOUNT}:role/caller"
        for job in JOBS:
            only = {"Inventory": "no"} if job == "credential-report" else {"CredentialReport": "no"}
            role = self.stack("member-role.yaml", {**only, "ExternalId": "secret-word"}, callers).role_itself(
                "MemberRole"
            )
            with self.subTest(job):
                variables = settings(template, job)
                given = printed(variables, "member-role", "--job", job)
                self.assertEqual(of_role(role), grants(given["Statement"]))
                trust = printed(variables, "member-role", "--job", job, "--trust")
                self.assertEqual(one_to_one(role["trust"]), one_to_one(trust))

    @staticmethod
    def stack(name, parameters, callers=f"arn:aws:iam::{ACCOUNT}:role/caller"):
        return Template(ROOT / "stacks" / name, {"CallerRoleArns": callers, **parameters}, {}, ACCOUNT, REGION)


def one_to_one(document):
    """A list of one is what it holds, to IAM."""
    if isinstance(document, dict):
        return {key: one_to_one(value) for key, value in document.items()}
    if isinstance(document, list):
        return one_to_one(document[0]) if len(document) == 1 else [one_to_one(one) for one in document]
    return document


if __name__ == "__main__":
    ORGSCAN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
