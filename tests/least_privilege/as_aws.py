"""Whether the emulator authorises as AWS documents it where demo/emulator/ makes it: what is allowed and what is not.

What else the proof rests on, the permissions themselves show: each is missed as soon as it is gone.
"""

import json

import botocore.exceptions
import deployments

SENDER, DOMAIN = deployments.SENDER, deployments.SENDER.partition("@")[2]
PATH = "/checks/"


class AsAws:
    """Calls of roles, each with one policy."""

    def __init__(self, stage):
        self.stage = stage
        self.problems = []
        self.tried = 0
        self.own, self.foreign = stage.organizations["A"], stage.organizations["B"]
        self.home = stage.home

    def check(self):
        self._organizations()
        self._conditions()
        self._mail()
        self._storage()
        return self.problems

    def _organizations(self):
        member = self.own.members[0].id
        accounts = f"arn:aws:organizations::{self.home}:account"
        tags = ("organizations", "list_tags_for_resource", {"ResourceId": member})
        read = "organizations:ListTagsForResource"
        self._try(True, tags, statement(read, f"{accounts}/{self.own.id}/{member}"))
        self._try(False, tags, statement(read, f"{accounts}/{self.own.id}/{self.home}"))
        self._try(False, tags, statement(read, f"{accounts}/{self.foreign.id}/*"))
        self._try(False, tags, statement(read, f"arn:aws:organizations::{self.home}:organization/*"))
        every = ("organizations", "list_accounts", {})
        self._try(True, every, statement("organizations:ListAccounts", "*"))
        self._try(False, every, statement("organizations:ListAccounts", f"{accounts}/*"))
        regions = ("account", "list_regions", {})
        self._try(True, regions, statement("account:ListRegions", "*"))
        self._try(False, regions, statement("account:GetContactInformation", "*"))

    def _conditions(self):
        """Roles of two Organizations, which trust everybody in the functions' account."""
        own, foreign = (self._open_role(tenant.members[0].id) for tenant in (self.own, self.foreign))
        same = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
        for role, inside in ((own, True), (foreign, False)):
            call = ("sts", "assume_role", {"RoleArn": role, "RoleSessionName": "check"})
            self._try(True, call, statement("sts:AssumeRole", role))
            self._try(inside, call, statement("sts:AssumeRole", role, same))
            named = {"StringEquals": {"aws:ResourceOrgID": self.foreign.id}}
            self._try(not inside, call, statement("sts:AssumeRole", role, named))
            unknown = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalTag/missing}"}}
            self._try(False, call, statement("sts:AssumeRole", role, unknown))
            member = {"StringEquals": {"aws:PrincipalOrgID": self.own.id}}
            self._try(True, call, statement("sts:AssumeRole", role, member))

    def _open_role(self, account):
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.home}:root"}, "Action": "sts:AssumeRole"}
        made = self.stage.client("iam", account).create_role(
            RoleName="Open", Path=PATH, AssumeRolePolicyDocument=policy(trust)
        )
        return made["Role"]["Arn"]

    def _mail(self):
        prefix = f"arn:aws:ses:us-east-1:{self.home}"
        self.stage.client("sesv2").create_email_identity(EmailIdentity=DOMAIN)
        from_sender = {"StringEquals": {"ses:FromAddress": SENDER}}
        send = statement("ses:SendEmail", f"{prefix}:identity/{SENDER}", from_sender)
        of_domain = statement("ses:SendEmail", f"{prefix}:identity/{DOMAIN}", from_sender)
        used = f"{prefix}:configuration-set/{deployments.CONFIGURATION_SET}"
        with_set = statement("ses:SendEmail", used, from_sender)
        plain, tracked = message(SENDER), message(SENDER, ConfigurationSetName=deployments.CONFIGURATION_SET)
        self._try(True, plain, send)
        # An address that is verified itself comes before its domain.
        self._try(False, plain, of_domain)
        self._try(False, message(f"somebody@{DOMAIN}"), of_domain)
        self._try(True, message(f"somebody@{DOMAIN}"), statement("ses:SendEmail", f"{prefix}:identity/{DOMAIN}"))
        self._try(False, tracked, send)
        self._try(False, tracked, with_set)
        self._try(True, tracked, send, with_set)

    def _storage(self):
        client = self.stage.client("s3")
        key = self.stage.client("kms").create_key()["KeyMetadata"]["Arn"]
        client.create_bucket(Bucket="checks")
        encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        client.put_object(Bucket="checks", Key="here", Body=b"", **encrypted)
        objects = statement(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::checks/*")
        listing = statement("s3:ListBucket", "arn:aws:s3:::checks")
        self._try(False, ("s3", "get_object", {"Bucket": "checks", "Key": "gone"}), objects)
        self._try("NoSuchKey", ("s3", "get_object", {"Bucket": "checks", "Key": "gone"}), objects, listing)
        for action, call in (
            ("kms:Decrypt", ("s3", "get_object", {"Bucket": "checks", "Key": "here"})),
            ("kms:GenerateDataKey", ("s3", "put_object", {"Bucket": "checks", "Key": "new", "Body": b"", **encrypted})),
        ):
            self._try(False, call, objects)
            self._try(True, call, objects, statement(action, key))

    def _try(self, expected, call, *statements):
        """Calls as a role that may do just this: allowed, denied, or answered with another error."""
        self.tried += 1
        service, operation, arguments = call
        client = self.stage.client(service, credentials=self._credentials(f"Check{self.tried}", statements))
        try:
            getattr(client, operation)(**arguments)
            found = True
        except botocore.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            found = False if code.startswith("AccessDenied") else code
        if found != expected:
            self.problems.append(f"the emulator answers {found} to {operation} {arguments} with {policy(*statements)}")

    def _credentials(self, name, statements):
        client = self.stage.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        made = client.create_role(RoleName=name, Path=PATH, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        client.put_role_policy(RoleName=name, PolicyName="check", PolicyDocument=policy(*statements))
        # The emulator lets an account's root user assume what a service may.
        return self.stage.client("sts").assume_role(RoleArn=made, RoleSessionName="check")["Credentials"]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def statement(action, resource, condition=None):
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def message(sender, **more):
    text = {"Data": "check"}
    content = {"Simple": {"Subject": text, "Body": {"Text": text}}}
    to = {"ToAddresses": [deployments.RECIPIENT]}
    return "sesv2", "send_email", {"FromEmailAddress": sender, "Destination": to, "Content": content, **more}
