"""What conditions of policies let through, simulated: whom mail is from, and that the bucket takes TLS only."""

import json

from deployments import CONFIGURATION_SET, PREFIX, SENDER
from uses import request

import world

ANOTHER = "somebody@example.org"
ALLOWED, NOT_ALLOWED, DENIED = "Allowed", "ImplicitlyDenied", "ExplicitlyDenied"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Conditions:
    """Requests by the policies of a deployment that sends mail, each with the result that it has to have."""

    def __init__(self, stage, deployment):
        self.stage = stage
        self.deployment = deployment
        self.cases = [*self._mail(), *self._transport()]
        self.requests = [one for _, _, one in self.cases]

    def problems(self, results):
        return [
            f"{text}: {result} in place of {expected}"
            for (text, expected, _), result in zip(self.cases, results, strict=True)
            if result != expected
        ]

    def numbers(self):
        """How many requests are to be allowed, and how many denied."""
        allowed = sum(expected == ALLOWED for _, expected, _ in self.cases)
        return allowed, len(self.cases) - allowed

    def _mail(self):
        """SES asks for the identity and, where one is named, for the configuration set, each with the sender."""
        role = self.deployment.function_role("credential-report")
        policies = self.deployment.roles[self.stage.home, role].policies
        for sid, kind, name in (
            ("SendDigest", "identity", SENDER),
            ("SendWithConfigurationSet", "configuration-set", CONFIGURATION_SET),
        ):
            lacking = [without_statement(one, sid) for one in policies.values()]
            for text, expected, named, sender, documents in (
                ("as configured", ALLOWED, name, SENDER, policies.values()),
                (f"from {ANOTHER}", NOT_ALLOWED, name, ANOTHER, policies.values()),
                (f"with another {kind}", NOT_ALLOWED, "another", SENDER, policies.values()),
                (f"without {sid}", NOT_ALLOWED, name, SENDER, lacking),
            ):
                resource = f"arn:aws:ses:{world.REGION}:{self.stage.home}:{kind}/{named}"
                context = {"ses:FromAddress": sender}
                asked = request(self.stage.home, role, "ses:SendEmail", resource, documents, context=context)
                yield f"ses:SendEmail on the {kind} {text}", expected, asked

    def _transport(self):
        """Not even who may do everything does it without TLS; and it is the bucket's policy that has it so."""
        bucket = self.deployment.bucket
        deployed = json.loads(self.stage.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
        for action, resource in (
            ("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
            ("s3:GetObject", f"arn:aws:s3:::{bucket}/{PREFIX}report.csv"),
            ("s3:PutObject", f"arn:aws:s3:::{bucket}/{PREFIX}report.csv"),
        ):
            for text, expected, secure, policy in (
                ("with TLS", ALLOWED, "true", deployed),
                ("without TLS", DENIED, "false", deployed),
                ("without TLS and without the bucket's policy", ALLOWED, "false", None),
            ):
                more = {"context": {"aws:SecureTransport": secure}, "resourcePolicy": policy}
                asked = request(self.stage.home, "Administrator", action, resource, [EVERYTHING], **more)
                yield f"{action} {text}", expected, asked


def without_statement(document, sid):
    """The policy without this statement; nothing where it has no other."""
    statements = [one for one in document["Statement"] if one.get("Sid") != sid]
    return {**document, "Statement": statements} if statements else None
