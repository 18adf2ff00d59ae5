"""The world, up and running, and both functions in it as template.yaml describes them, created one by one."""

import io
import json
import shlex
import subprocess
import sys
import time
import zipfile

import world
from emulated import BINARIES, JOBS, ROOT, EmulatedWorld, Failed, command_environment, sample_event, shown
from template import Template


class Stage(EmulatedWorld):
    """The world on this day, and the functions."""

    def __init__(self, folder, day=1):
        super().__init__(folder, day)
        self.bucket = f"orgscan-reports-{self.home}"
        template = self._template()
        self.functions = {job: template.function(template.function_id(job)) for job in JOBS}
        self.roles = {job: template.role(template.function_id(job)) for job in JOBS}

    def build_rest(self):
        """Makes the resources, the bucket, the tenants table and the functions, which are not invoked."""
        super().build_rest()
        self.builder.build_bucket(self.bucket)
        self.builder.build_table()
        for job in JOBS:
            self._function(job)

    def _template(self):
        """template.yaml with the demo's values."""
        parameters = {**self.parameters(), "TenantsTableName": world.TABLE}
        names = {"ReportBucket": self.bucket, "UndeliveredEvents": "undelivered-events"}
        return Template(ROOT / "template.yaml", parameters, names, self.home, world.REGION)

    def function_name(self, job):
        return self.functions[job]["FunctionName"]

    def settings(self):
        """The environment variables of each function, as the template sets them; empty means unset."""
        variables = {job: self.functions[job]["Environment"]["Variables"] for job in JOBS}
        return {job: {name: str(value) for name, value in own.items()} for job, own in variables.items()}

    def callers(self):
        """Makes the functions' roles, and lets the operator do what both may; answers their ARNs."""
        client = self.builder.client("iam", self.home)
        arns = [f"arn:aws:iam::{self.home}:user/{world.OPERATOR.name}"]
        for role in self.roles.values():
            made = client.create_role(RoleName=role["name"], AssumeRolePolicyDocument=json.dumps(role["trust"]))
            arns.append(made["Role"]["Arn"])
            for name, policy in role["policies"].items():
                text = json.dumps(policy)
                client.put_role_policy(RoleName=role["name"], PolicyName=name, PolicyDocument=text)
                client.put_user_policy(
                    UserName=world.OPERATOR.name, PolicyName=f"{role['name']}-{name}", PolicyDocument=text
                )
        return arns

    def _function(self, job):
        client = self.builder.client("lambda", self.home)
        function = self.functions[job]
        client.create_function(
            **{**function, "Environment": {"Variables": self.settings()[job]}},
            Role=f"arn:aws:iam::{self.home}:role/{self.roles[job]['name']}",
            Code={"ZipFile": zipped(BINARIES / job)},
        )
        client.get_waiter("function_active_v2").wait(
            FunctionName=function["FunctionName"], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def description(self):
        """The world as one JSON object, for the programs that run against it."""
        accounts = self.builder.accounts()
        return {
            "endpoint": self.aws.endpoint,
            "region": world.REGION,
            "credentials": {
                "access_key_id": self.operator_key["AccessKeyId"],
                "secret_access_key": self.operator_key["SecretAccessKey"],
                "session_token": None,
            },
            "bucket": self.bucket,
            "scheduled_time": self.scheduled_time,
            "settings": {
                job: {name: value for name, value in own.items() if value} for job, own in self.settings().items()
            },
            "accounts": sorted(account.id for account in accounts),
            "notes": {
                "functions": {job: one["FunctionName"] for job, one in self.functions.items()},
                "organizations": {
                    letter: {
                        "org_id": tenant.id,
                        "management_account": tenant.management.id,
                        "accounts": [account.id for account in tenant.accounts],
                    }
                    for letter, tenant in self.organizations.items()
                },
                "expected_outcomes": self.expected_outcomes(),
                "rejected_tenants": world.REJECTED_TENANTS,
            },
            "pids": {self.aws.name: self.aws.process.pid},
        }

    def expected_outcomes(self):
        """What each function's ledgers should say of every account: the inventory covers every tenant's Organization,
        the audit the functions' own."""
        own = {account.id: account.state for account in self.organizations["A"].accounts}
        return {
            "account-metadata": {account.id: account.outcome for account in self.builder.accounts()},
            "credential-report": {
                account: "reported" if state == "ACTIVE" else "skipped_state" for account, state in own.items()
            },
        }

    def invoke(self, job):
        """Invokes a function with the AWS CLI and answers what it returned."""
        answer = self.folder / f"{job}-answer.json"
        command = ["lambda", "invoke", "--function-name", self.function_name(job)]
        command += ["--payload", f"file://{self._event(job).relative_to(ROOT)}", str(answer.relative_to(ROOT))]
        # Two lines, since it is long.
        print(f"\n$ aws {shlex.join(command[:4])} \\\n    {shlex.join(command[4:])}", flush=True)
        started = time.monotonic()
        called = subprocess.run(
            [sys.executable, "-m", "awscli", *command, "--cli-read-timeout", "900"],
            cwd=ROOT,
            env={
                **command_environment(self.aws.endpoint, self.home, self.folder),
                "AWS_MAX_ATTEMPTS": "1",
                "AWS_PAGER": "",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if called.returncode != 0:
            raise Failed(f"aws lambda invoke failed: {called.stderr.strip()}\n{self._log(job)}")
        answered = answer.read_text(encoding="utf-8")
        if "FunctionError" in json.loads(called.stdout):
            raise Failed(f"the function {job} failed: {answered}\n{self._log(job)}")
        print(f"  answered in {time.monotonic() - started:.1f} s")
        return json.loads(answered)

    def _event(self, job):
        """The file with the event of this day: on the first one the sample, later the same for a later time."""
        if self.day == 1:
            return sample_event(job)
        event = json.loads(sample_event(job).read_text(encoding="utf-8"))
        event |= {"scheduled_time": self.scheduled_time, "run_id": world.number(f"{job} {self.day}", 16)}
        path = self.folder / f"{job}-event.json"
        path.write_text(json.dumps(event, indent=2) + "\n", encoding="utf-8")
        return path

    def _log(self, job):
        return self.log_end(f"/aws/lambda/{self.function_name(job)}")


def zipped(binary):
    """A deployment package: the binary as `bootstrap`."""
    if not binary.is_file():
        raise Failed(f"{shown(binary)} is missing: cargo build --release --workspace --bins")
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o100755 << 16
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(entry, binary.read_bytes())
    return package.getvalue()
