"""Forty Organizations, a tenants table of several pages, both functions and their state machines, on the emulator."""

import base64
import datetime
import json
import pathlib
import platform
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo"))

import builder  # noqa: E402
import emulators  # noqa: E402
import stage  # noqa: E402
from world import number  # noqa: E402

REGION = "us-east-1"
HOME = number("home of the fan-out")
BUCKET = f"fan-out-{HOME}"
PREFIX = "reports/"
TABLE = "tenants"
EMPTY_TABLE = "no-tenants"
EXTERNAL_ID = "fan-out-7f3c41d2a9"
MANAGEMENT_ROLE = "OrgReportManagement"
MEMBER_ROLE = "OrgReportReader"
JOBS = ("account-metadata", "credential-report")
# Reserved words of DynamoDB, a list of values, and characters beyond ASCII.
FILTER = {"status": ["Active", "Größer"], "type": "Cloud Usage"}
TENANTS = sorted(number(f"tenant {index}") for index in range(40))
# Its role is missing until a test makes it.
FAILING = TENANTS[17]
# These have roles in their member accounts too.
WITH_MEMBER_ROLES = TENANTS[:3]
CONCURRENCY = 10


class World:
    """The emulator and what is in it."""

    def __init__(self, folder):
        emulators.clear(folder)
        # Waiting is for AWS: its backoff would only make the tests slow.
        self.emulator = emulators.Emulator("ministack", folder, {"AUTH": "true", "SFN_WAIT_SCALE": "0.02"})
        self.builder = builder.Builder(self.emulator, {}, *[datetime.datetime.now(datetime.timezone.utc)] * 2)
        self.machines = {}

    def client(self, service, account=HOME):
        return self.builder.client(service, account, REGION)

    def start(self):
        self.emulator.start()
        self.client("s3").create_bucket(Bucket=BUCKET)
        for job in JOBS:
            self._role(job, "lambda.amazonaws.com", function_rights())
            self._role(f"{job}-fan-out", "states.amazonaws.com", machine_rights(job))
        self.builder.each(self._organization, TENANTS)
        self._tables()
        for job in JOBS:
            self._function(job)
            self.machines[job] = self.machine(job, TABLE)

    def stop(self):
        self.emulator.stop()

    # What is built.

    def _role(self, name, service, statements):
        client = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        client.create_role(RoleName=name, AssumeRolePolicyDocument=builder.document([trust]))
        self.grant(name, statements)

    def grant(self, role, statements):
        """Gives a role these rights in place of those that it has."""
        self.client("iam").put_role_policy(
            RoleName=role, PolicyName="all", PolicyDocument=builder.document(statements)
        )

    def _organization(self, tenant):
        """A management account and one member account."""
        client = self.client("organizations", tenant)
        client.describe_organization()
        made = client.create_account(AccountName=f"member of {tenant}", Email=f"aws+{tenant}@example.com")
        if tenant != FAILING:
            self.management_role(tenant)
        if tenant in WITH_MEMBER_ROLES:
            account = made["CreateAccountStatus"]["AccountId"]
            self._trusting_role(account, MEMBER_ROLE, builder.member_policy("reader"))

    def management_role(self, tenant):
        self._trusting_role(tenant, MANAGEMENT_ROLE, builder.management_policy(tenant))

    def remove_management_role(self, tenant):
        client = self.client("iam", tenant)
        client.delete_role_policy(RoleName=MANAGEMENT_ROLE, PolicyName="read")
        client.delete_role(RoleName=MANAGEMENT_ROLE)

    def _trusting_role(self, account, name, statements):
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{HOME}:role/{job}" for job in JOBS]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
        client = self.client("iam", account)
        client.create_role(RoleName=name, AssumeRolePolicyDocument=builder.document([trust]))
        client.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=builder.document(statements))

    def _tables(self):
        client = self.client("dynamodb")
        for table in (TABLE, EMPTY_TABLE):
            client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "item_id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "item_id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        requests = [{"PutRequest": {"Item": item}} for item in items()]
        parts = [requests[at : at + 25] for at in range(0, len(requests), 25)]
        self.builder.each(lambda part: client.batch_write_item(RequestItems={TABLE: part}), parts)

    def _function(self, job):
        client = self.client("lambda")
        client.create_function(
            FunctionName=job,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Architectures=["arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"],
            Timeout=900,
            MemorySize=512,
            Role=f"arn:aws:iam::{HOME}:role/{job}",
            Code={"ZipFile": stage.zipped(stage.BINARIES / job)},
            Environment={"Variables": settings(job)},
        )
        client.get_waiter("function_active_v2").wait(FunctionName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    def machine(self, job, table, tolerated=99, tenant_filter=None):
        """A state machine from the definition, as the template makes it; its ARN."""
        tenant_filter = tenant_filter or json.dumps(FILTER)
        name = f"{job}-{table}-{tolerated}-{len(tenant_filter)}-fan-out"
        substitutions = {
            "Partition": "aws",
            "FunctionArn": f"arn:aws:lambda:{REGION}:{HOME}:function:{job}",
            "TenantsTableName": table,
            "TenantFilterBase64": base64.b64encode(tenant_filter.encode()).decode(),
            "Bucket": BUCKET,
            "BucketOwner": HOME,
            "Prefix": PREFIX,
            "Job": job,
            "Concurrency": str(CONCURRENCY),
            "ToleratedFailurePercentage": str(tolerated),
        }
        made = self.client("stepfunctions").create_state_machine(
            name=name,
            definition=definition(substitutions),
            roleArn=f"arn:aws:iam::{HOME}:role/{job}-fan-out",
            type="STANDARD",
        )
        return made["stateMachineArn"]

    # What is done with it.

    def run(self, machine, event):
        """Runs a state machine: how the execution ended."""
        client = self.client("stepfunctions")
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(event))["executionArn"]
        return self.ended(arn)

    def redrive(self, execution):
        self.client("stepfunctions").redrive_execution(executionArn=execution["executionArn"])
        return self.ended(execution["executionArn"])

    def ended(self, arn, seconds=120):
        client = self.client("stepfunctions")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            execution = client.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.05)
        raise TimeoutError(f"{arn} is still running after {seconds} s")

    def map_runs(self, execution):
        client = self.client("stepfunctions")
        runs = client.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]
        return [client.describe_map_run(mapRunArn=one["mapRunArn"]) for one in runs]

    def invocations(self, job):
        """How many times the function has been invoked."""
        pages = self.client("logs").get_paginator("filter_log_events")
        try:
            found = [page["events"] for page in pages.paginate(logGroupName=f"/aws/lambda/{job}")]
        except self.client("logs").exceptions.ResourceNotFoundException:
            return 0
        return sum(line.startswith("START ") for page in found for one in page for line in one["message"].splitlines())

    def keys(self, part):
        """The keys of the bucket that have this in them."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        found = [one["Key"] for page in pages for one in page.get("Contents", [])]
        return sorted(key for key in found if part in key)

    def changed(self, key):
        return self.client("s3").head_object(Bucket=BUCKET, Key=key)["LastModified"]

    def errors_of_children(self, execution):
        """The names of the errors that the child executions met, repeated calls included."""
        client = self.client("stepfunctions")
        names = []
        for run in self.map_runs(execution):
            for child in client.list_executions(mapRunArn=run["mapRunArn"])["executions"]:
                events = client.get_execution_history(executionArn=child["executionArn"])["events"]
                names += [one["taskFailedEventDetails"]["error"] for one in events if one["type"] == "TaskFailed"]
        return names

    def json(self, key):
        return json.loads(self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def invoke(self, job, event):
        answer = self.client("lambda").invoke(FunctionName=job, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())


def definition(substitutions):
    """The definition as CloudFormation hands it on: every placeholder replaced by its text."""
    text = (ROOT / "stacks" / "fan-out.asl.json").read_text(encoding="utf-8")
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def settings(job):
    variables = {
        "OUTPUT_BUCKET": BUCKET,
        "OUTPUT_PREFIX": PREFIX,
        "EXPECTED_BUCKET_OWNER": HOME,
        "DYNAMO_TABLE_NAME": TABLE,
        "TENANT_FILTER": json.dumps(FILTER),
        "CROSS_ACCOUNT_ROLE_NAME": MANAGEMENT_ROLE,
        "MEMBER_ROLE_NAME": MEMBER_ROLE,
        "EXTERNAL_ID": EXTERNAL_ID,
    }
    return variables | ({"REGION_DETECTION": "off"} if job == "account-metadata" else {})


def items():
    """The tenants table: every tenant, two of them twice, items that name none, and more than a page of others."""
    status = {FAILING: "Größer", TENANTS[3]: "Größer"}
    active = {"status": {"S": "Active"}, "type": {"S": "Cloud Usage"}}
    found = [{**active, "status": {"S": status.get(one, "Active")}, "tenant_id": {"S": one}} for one in TENANTS]
    found += [found[5], found[6], *({**active, **other} for other in MALFORMED)]
    inactive = {"status": {"S": "Inactive"}, "type": {"S": "Cloud Usage"}}
    found += [{**inactive, "tenant_id": {"S": number(f"former {index}")}} for index in range(2100)]
    found += [{**active, "type": {"S": "Marketplace"}, "tenant_id": {"S": number("another type")}}]
    # Spread, so that the tenants are on every page.
    return [{**item, "item_id": {"S": number(f"item {index}", 8)}} for index, item in enumerate(found)]


MALFORMED = (
    {"tenant_id": {"S": "12345"}},
    {"tenant_id": {"S": " 111111111111"}},
    {"tenant_id": {"N": "111111111111"}},
    {"tenant_id": {"NULL": True}},
    {"tenant_id": {"SS": ["111111111111"]}},
    {"tenant_name": {"S": "has no id"}},
)


def function_rights():
    return [
        allow("dynamodb:Scan", f"arn:aws:dynamodb:{REGION}:{HOME}:table/{TABLE}"),
        allow("sts:AssumeRole", f"arn:aws:iam::*:role/{MANAGEMENT_ROLE}", f"arn:aws:iam::*:role/{MEMBER_ROLE}"),
        allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/{PREFIX}aws-*"),
        allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], "*"),
    ]


def machine_rights(job):
    """What the state machine's role needs, and no more."""
    machines = f"{job}-*-fan-out"
    states = f"arn:aws:states:{REGION}:{HOME}"
    return [
        allow("dynamodb:Scan", *(f"arn:aws:dynamodb:{REGION}:{HOME}:table/{table}" for table in (TABLE, EMPTY_TABLE))),
        allow("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{HOME}:function:{job}"),
        allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/{PREFIX}fan-out/{job}-*"),
        allow(
            ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], f"arn:aws:s3:::{BUCKET}/{PREFIX}fan-out/{job}-*"
        ),
        allow("states:StartExecution", f"{states}:stateMachine:{machines}"),
        allow("states:DescribeExecution", f"{states}:execution:{machines}:*"),
        allow("states:RedriveExecution", f"{states}:execution:{machines}/Tenants:*"),
    ]


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
