"""Who may assume the roles of stacks/, and who may not."""

import json

import botocore.exceptions

from paths import MANAGEMENT_ROLE, MEMBER_ROLE

import cloudformation
import small_world

EXTERNAL_ID = small_world.EXTERNAL_ID
MAY_ASSUME = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}
CALLER, OTHER = "TrustedCaller", "OtherCaller"


class Trust:
    """Callers in several accounts, who all may assume any role as far as their own policies go."""

    def __init__(self, stage):
        self.stage = stage
        self.problems = []
        self.tried = 0
        self.own, self.foreign = stage.organizations["A"], stage.organizations["B"]
        self.elsewhere = self.own.members[1].id
        for account in (self.own.management.id, self.elsewhere, self.foreign.management.id):
            for name in (CALLER, OTHER):
                self._caller(account, name)

    def _caller(self, account, name):
        client = self.stage.client("iam", account)
        # The emulator lets an account's root user assume what a service may.
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        client.create_role(RoleName=name, Path="/trust/", AssumeRolePolicyDocument=document)
        client.put_role_policy(RoleName=name, PolicyName="assume", PolicyDocument=json.dumps(MAY_ASSUME))

    def check(self):
        """Tries every stack's role with and without an Organization; answers what is wrong."""
        for template in (MEMBER_ROLE, MANAGEMENT_ROLE):
            self._check_role(template, "")
            self._check_role(template, self.own.id)
            self._check_other_organization(template)
        return self.problems

    def _check_role(self, template, organization):
        account, home = self.own.members[0].id, self.own.management.id
        role = self._make(template, account, f"arn:aws:iam::{home}:role/trust/{CALLER}", organization)
        self._try(role, True, "the right caller with the external id", home, CALLER, EXTERNAL_ID)
        self._try(role, False, "the right caller without an external id", home, CALLER, None)
        self._try(role, False, "the right caller with another external id", home, CALLER, f"{EXTERNAL_ID}0")
        self._try(role, False, "another role of the same account", home, OTHER, EXTERNAL_ID)
        self._try(role, False, "a role of that name in another account", self.elsewhere, CALLER, EXTERNAL_ID)
        self._try(role, False, "a role of that name elsewhere", self.foreign.management.id, CALLER, EXTERNAL_ID)

    def _check_other_organization(self, template):
        """The same trust, once asking for the caller's own Organization and once for another."""
        account, caller = self.own.members[0].id, self.foreign.management.id
        arn = f"arn:aws:iam::{caller}:role/trust/{CALLER}"
        role = self._make(template, account, arn, self.foreign.id)
        self._try(role, True, "a caller of the Organization that is asked for", caller, CALLER, EXTERNAL_ID)
        role = self._make(template, account, arn, self.own.id)
        self._try(role, False, "a caller of another Organization", caller, CALLER, EXTERNAL_ID)

    def _make(self, template, account, caller, organization):
        name = f"Trust-{template.stem}-{self.tried}"
        parameters = {
            "RoleName": name,
            "CallerRoleArns": caller,
            "ExternalId": EXTERNAL_ID,
            "OrganizationId": organization,
        }
        self.stage.create_stack(account, name, template, parameters)
        return cloudformation.outputs(self.stage.client("cloudformation", account), name)["RoleArn"]

    def _try(self, role, expected, who, account, caller, external_id):
        self.tried += 1
        root = self.stage.client("sts", account)
        arn = f"arn:aws:iam::{account}:role/trust/{caller}"
        credentials = root.assume_role(RoleArn=arn, RoleSessionName="trust")["Credentials"]
        sent = {"ExternalId": external_id} if external_id else {}
        try:
            self.stage.client("sts", credentials=credentials).assume_role(RoleArn=role, RoleSessionName="a", **sent)
            assumed = True
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            assumed = False
        if assumed != expected:
            self.problems.append(f"{role} can{'' if assumed else 'not'} be assumed by {who}")
