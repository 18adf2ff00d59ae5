"""Forty Organizations, a tenants table of several pages, both functions and their state machines, on the emulator."""

import datetime
import json
import pathlib
import sys
import time

# Nothing is written beside the sources.
sys.dont_write_bytecode = True
# After this folder, and before what is installed.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[2] / "demo"))

import assumed_roles
import builder
import emulators
import stage
from emulated import BINARIES, JOBS, ROOT, architecture
from template import Template
from world import MANAGEMENT_ROLE, MEMBER_ROLE, number

REGION = "us-east-1"
HOME = number("home of the fan-out")
BUCKET = f"fan-out-{HOME}"
PREFIX = "reports/"
TABLE = "tenants"
EMPTY_TABLE = "no-tenants"
EXTERNAL_ID = "fan-out-7f3c41d2a9"
# Their logical ids in the template.
FUNCTIONS = {"account-metadata": "AccountMetadataFunction", "credential-report": "CredentialReportFunction"}
MACHINES = {"account-metadata": "AccountMetadataFanOut", "credential-report": "CredentialReportFanOut"}
# Reserved words of DynamoDB, a list of values, and characters beyond ASCII.
FILTER = {"status": ["Active", "Größer"], "type": "Cloud Usage"}
TENANTS = sorted(number(f"tenant {index}") for index in range(40))
# Its role is missing until a test makes it.
FAILING = TENANTS[17]
# These have roles in their member accounts too.
WITH_MEMBER_ROLES = TENANTS[:3]


class World:
    """The emulator and what is in it."""

    def __init__(self, folder):
        self.folder = folder
        # Waiting is for AWS: its backoff would only make the tests slow.
        self.emulator = emulators.Emulator("ministack", folder, {"AUTH": "true", "SFN_WAIT_SCALE": "0.02"})
        self.builder = builder.Builder(self.emulator, {}, *[datetime.datetime.now(datetime.timezone.utc)] * 2)
        self.machines = {}
        # The functions are of one stack; other stacks have state machines only, which call these.
        self.template = template("fan-out")
        self.functions = {job: self.template.function(FUNCTIONS[job]) for job in JOBS}
        self.callers = [f"arn:aws:iam::{HOME}:role/{self.template.role(FUNCTIONS[job])['name']}" for job in JOBS]

    def client(self, service, account=HOME):
        return self.builder.client(service, account, REGION)

    def start(self):
        emulators.clear(self.folder)
        self.emulator.start()
        self.client("s3").create_bucket(Bucket=BUCKET)
        for job in JOBS:
            assumed_roles.create(self.client("iam"), self.template.role(FUNCTIONS[job]))
        self.builder.each(self._organization, TENANTS)
        self._tables()
        for job in JOBS:
            self._function(job)
            self.machines[job] = self.machine(job, TABLE)

    def stop(self):
        self.emulator.stop()

    # What is built.

    def _organization(self, tenant):
        """A management account and one member account."""
        client = self.client("organizations", tenant)
        client.describe_organization()
        made = client.create_account(AccountName=f"member of {tenant}", Email=f"aws+{tenant}@example.com")
        if tenant != FAILING:
            self.management_role(tenant)
        if tenant in WITH_MEMBER_ROLES:
            account = made["CreateAccountStatus"]["AccountId"]
            assumed_roles.create(
                self.client("iam", account), assumed_roles.member_role(account, self.callers, EXTERNAL_ID)
            )

    def management_role(self, tenant):
        """Gives a tenant its role, unless it has it."""
        client = self.client("iam", tenant)
        if not self._has_role(client):
            assumed_roles.create(client, assumed_roles.management_role(tenant, self.callers, EXTERNAL_ID))

    def remove_management_role(self, tenant):
        """Takes a tenant's role away, if it has it."""
        client = self.client("iam", tenant)
        if self._has_role(client):
            for name in client.list_role_policies(RoleName=MANAGEMENT_ROLE)["PolicyNames"]:
                client.delete_role_policy(RoleName=MANAGEMENT_ROLE, PolicyName=name)
            client.delete_role(RoleName=MANAGEMENT_ROLE)

    @staticmethod
    def _has_role(client):
        return any(one["RoleName"] == MANAGEMENT_ROLE for one in client.list_roles()["Roles"])

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
        function = self.functions[job]
        variables = {name: str(value) for name, value in function["Environment"]["Variables"].items()}
        client.create_function(
            **{**function, "Environment": {"Variables": variables}},
            Role=f"arn:aws:iam::{HOME}:role/{self.template.role(FUNCTIONS[job])['name']}",
            Code={"ZipFile": stage.zipped(BINARIES / job)},
        )
        client.get_waiter("function_active_v2").wait(
            FunctionName=function["FunctionName"], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def machine(self, job, table, tolerated=99, tenant_filter=None):
        """A state machine and its role, as the template makes them in a stack of its own; its ARN."""
        tenant_filter = tenant_filter or json.dumps(FILTER)
        described = template(
            f"{table}-{tolerated}-{len(tenant_filter)}",
            {
                "TenantsTableName": table,
                "FanOutToleratedFailurePercentage": str(tolerated),
                "TenantFilter": tenant_filter,
            },
            {FUNCTIONS[one]: self.functions[one]["FunctionName"] for one in JOBS},
        )
        machine, role = described.state_machine(MACHINES[job]), described.role(MACHINES[job])
        assumed_roles.create(self.client("iam"), role)
        made = self.client("stepfunctions").create_state_machine(
            name=machine["Name"],
            definition=definition(machine["DefinitionSubstitutions"]),
            roleArn=f"arn:aws:iam::{HOME}:role/{role['name']}",
            type="STANDARD",
        )
        return made["stateMachineArn"]

    def function_name(self, job):
        return self.functions[job]["FunctionName"]

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
            found = [page["events"] for page in pages.paginate(logGroupName=f"/aws/lambda/{self.function_name(job)}")]
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
        answer = self.client("lambda").invoke(FunctionName=self.function_name(job), Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())


def template(stack, parameters=None, functions=None):
    """template.yaml as it is deployed under a name, the tenants fanned out."""
    common = {
        "FanOut": "yes",
        "CredentialReportScope": "all-tenants",
        "TenantsTableName": TABLE,
        "TenantFilter": json.dumps(FILTER),
        "CrossAccountRoleName": MANAGEMENT_ROLE,
        "MemberRoleName": MEMBER_ROLE,
        "ExternalId": EXTERNAL_ID,
        "OutputPrefix": PREFIX,
        "RegionDetection": "off",
        "Architecture": architecture(),
    }
    names = {
        "ReportBucket": BUCKET,
        "UndeliveredEvents": "undelivered-events",
        **{f"{logical_id}Role": f"{stack}-{logical_id}Role" for logical_id in MACHINES.values()},
        **{logical_id: f"{stack}-{job}" for job, logical_id in FUNCTIONS.items()},
        **(functions or {}),
    }
    return Template(ROOT / "template.yaml", {**common, **(parameters or {})}, names, HOME, REGION, stack)


def definition(substitutions):
    """The definition as CloudFormation hands it on: every placeholder replaced by its text."""
    text = (ROOT / "stacks" / "fan-out.asl.json").read_text(encoding="utf-8")
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", value)
    return text


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
