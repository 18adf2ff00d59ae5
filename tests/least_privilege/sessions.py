"""Sessions of administrators: what the functions obtain from them can do their step's calls, and nothing else."""

import json

import botocore.exceptions

import small_world
import world
from scenarios import begin, invoke
from deployments import JOBS

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403")

# A call for each action that a session may need.
NEEDED = {
    "account:ListRegions": ("account", "list_regions", {}),
    "iam:GenerateCredentialReport": ("iam", "generate_credential_report", {}),
    "iam:GetCredentialReport": ("iam", "get_credential_report", {}),
    "organizations:DescribeOrganization": ("organizations", "describe_organization", {}),
    "organizations:ListAccounts": ("organizations", "list_accounts", {}),
    "organizations:ListTagsForResource": ("organizations", "list_tags_for_resource", {"ResourceId": "ACCOUNT"}),
    "tag:GetResources": ("resourcegroupstaggingapi", "get_resources", {}),
}

# What an administrator may do, and none of these sessions needs.
OTHERS = (
    ("iam", "list_users", {}),
    ("iam", "create_user", {"UserName": "intruder"}),
    ("iam", "list_roles", {}),
    ("iam", "get_account_summary", {}),
    ("iam", "get_account_authorization_details", {}),
    ("iam", "create_access_key", {"UserName": "intruder"}),
    ("iam", "attach_role_policy", {"RoleName": "OrganizationAccountAccessRole", "PolicyArn": ADMINISTRATOR}),
    ("iam", "update_account_password_policy", {}),
    ("s3", "list_buckets", {}),
    ("s3", "create_bucket", {"Bucket": "intruder"}),
    ("s3", "get_object", {"Bucket": "intruder", "Key": "a"}),
    ("s3", "delete_bucket", {"Bucket": "intruder"}),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::ACCOUNT:role/Other", "RoleSessionName": "intruder"}),
    ("organizations", "list_roots", {}),
    ("organizations", "list_policies", {"Filter": "SERVICE_CONTROL_POLICY"}),
    ("organizations", "create_organizational_unit", {"ParentId": "r-0000", "Name": "intruder"}),
    ("organizations", "close_account", {"AccountId": "ACCOUNT"}),
    ("organizations", "tag_resource", {"ResourceId": "ACCOUNT", "Tags": [{"Key": "a", "Value": "b"}]}),
    ("account", "get_contact_information", {}),
    ("account", "enable_region", {"RegionName": small_world.OPTED_IN}),
    ("resourcegroupstaggingapi", "get_tag_keys", {}),
    ("resourcegroupstaggingapi", "tag_resources", {"ResourceARNList": ["arn:aws:sqs:us-east-1:ACCOUNT:a"], "Tags": {}}),
    ("ec2", "describe_instances", {}),
    ("ec2", "run_instances", {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1}),
    ("ec2", "describe_regions", {}),
    ("lambda", "list_functions", {}),
    ("lambda", "invoke", {"FunctionName": "any"}),
    ("kms", "list_keys", {}),
    ("kms", "create_key", {}),
    ("secretsmanager", "list_secrets", {}),
    ("secretsmanager", "get_secret_value", {"SecretId": "any"}),
    ("ssm", "get_parameter", {"Name": "any"}),
    ("dynamodb", "list_tables", {}),
    ("dynamodb", "scan", {"TableName": world.TABLE}),
    ("sqs", "list_queues", {}),
    ("sqs", "create_queue", {"QueueName": "intruder"}),
    ("sns", "list_topics", {}),
    ("logs", "describe_log_groups", {}),
    ("cloudtrail", "describe_trails", {}),
    ("cloudformation", "list_stacks", {}),
    ("sesv2", "list_email_identities", {}),
    ("states", "list_state_machines", {}),
    ("events", "list_rules", {}),
    ("ecr", "describe_repositories", {}),
    ("rds", "describe_db_instances", {}),
    ("cloudwatch", "list_metrics", {}),
)


class Sessions:
    """What the functions obtain where their roles in other accounts are administrators."""

    def __init__(self, stage, deployment):
        self.stage = stage
        self.deployment = deployment
        self.problems = []

    def run(self):
        """Runs both functions; answers their session policies, each with the first session that has it."""
        before = len(self.stage.control("sessions"))
        tenants = [self.stage.organizations[letter].management.id for letter in "AB"]
        begin(self.stage, self.deployment)
        for job in JOBS:
            chosen = {"scheduled_time": "2026-11-21T06:00:00Z", "tenant_ids": tenants}
            seen = invoke(self.stage, self.deployment, job, chosen)
            outcomes = {value for (_, _, column), value in seen["cell"].items() if column == "outcome"}
            if seen["error"] or seen["tenant"] or not outcomes <= {"reported", "malformed_report"}:
                self.problems.append(f"{job} does not run as it should: {seen['error']} {seen['tenant']} {outcomes}")
        obtained = self.stage.control("sessions")[before:]
        found = {}
        for one in obtained:
            # Its own execution role is assumed by Lambda.
            if one["caller"].endswith(":root"):
                continue
            if not one["policy"]:
                self.problems.append(f"a session of {one['arn']} has no session policy")
                continue
            found.setdefault(one["policy"], one)
        return found

    def check(self, policy, example):
        """Tries, with a session that has this policy, every call it needs and all others."""
        account = example["arn"].split(":")[4]
        allowed = actions_of(policy)
        narrowed = self._session_like(example, policy)
        administrator = self._session_like(example, None)
        for action in sorted(allowed - {"sts:AssumeRole"}):
            if self._is_refused(narrowed, NEEDED[action], account):
                self.problems.append(f"{action} is refused to {example['arn']} with {policy}")
        others = [*OTHERS, *(call for action, call in NEEDED.items() if action not in allowed)]
        for call in others:
            if self._is_refused(administrator, call, account):
                self.problems.append(f"{call[0]}:{call[1]} is refused to the administrator, so it shows nothing")
            elif not self._is_refused(narrowed, call, account):
                self.problems.append(f"{call[0]}:{call[1]} is allowed to {example['arn']} with {policy}")
        return len(allowed), len(others)

    def _session_like(self, example, policy):
        """A session of the same role that the same caller obtains."""
        sts = self.stage.client("sts", credentials=self.credentials_of(example["caller"]))
        narrowing = {"Policy": policy} if policy else {}
        return sts.assume_role(
            RoleArn=role_of(example["arn"]), RoleSessionName="like", ExternalId=small_world.EXTERNAL_ID, **narrowing
        )["Credentials"]

    def credentials_of(self, caller):
        """Of the function's role, which the root user may assume in the emulator, or of a management role."""
        role = role_of(caller)
        functions = [self.deployment.function_role(job) for job in JOBS]
        if role.rpartition("/")[2] in functions:
            return self.stage.client("sts").assume_role(RoleArn=role, RoleSessionName="like")["Credentials"]
        sts = self.stage.client("sts", credentials=self.credentials_of(f"::::{self.stage.home}:x/{functions[0]}/x"))
        return sts.assume_role(RoleArn=role, RoleSessionName="like", ExternalId=small_world.EXTERNAL_ID)["Credentials"]

    def _is_refused(self, credentials, call, account):
        service, operation, arguments = call
        client = self.stage.client({"states": "stepfunctions"}.get(service, service), credentials=credentials)
        filled = json.loads(json.dumps(arguments).replace("ACCOUNT", account))
        try:
            getattr(client, operation)(**filled)
        except botocore.exceptions.ClientError as error:
            refused = error.response["Error"]["Code"] in REFUSED
            # A role that does not exist is refused to everybody.
            return refused and "because no" in error.response["Error"].get("Message", "")
        return False


def role_of(session):
    """The ARN of the role that a session is of."""
    return f"arn:aws:iam::{session.split(':')[4]}:role/{session.split('/')[1]}"


def actions_of(policy):
    statements = json.loads(policy)["Statement"]
    actions = [one["Action"] for one in statements if one["Effect"] == "Allow"]
    return {action for one in actions for action in (one if isinstance(one, list) else [one])}


def every_action(policy, account):
    """The request that simulates every action that AWS has, as an administrator whose session has this policy."""
    return {
        "principal": f"arn:aws:iam::{account}:role/Administrator",
        "account": account,
        "policies": [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}],
        "session": json.loads(policy),
    }


def wrong_of(policy, result):
    """What a simulation of every action shows that should not be; AWS lets everybody ask who they are."""
    unexpected = set(result["allowed"]) - actions_of(policy) - {"sts:GetCallerIdentity"}
    missing = actions_of(policy) - {"sts:AssumeRole"} - set(result["allowed"])
    return [
        *(f"{one} is allowed by {policy}" for one in sorted(unexpected)),
        *(f"{one} is denied by {policy}" for one in sorted(missing)),
        *(f"{one}, which shows nothing" for one in result["unclear"]),
    ]
