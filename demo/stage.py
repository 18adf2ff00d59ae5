"""The world, up and running: two emulators, what is built in them, and both functions as template.yaml deploys them."""

import concurrent.futures
import datetime
import io
import json
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import time
import urllib.request
import zipfile

import builder
import emulators
import gaps
import iam_report
import world
from template import Template

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARIES = ROOT / "target" / "release"
JOBS = ("account-metadata", "credential-report")
PREFIX = "reports/"
EXEMPTIONS = "exemptions.json"
LOG_LINES = 40


class Failed(Exception):
    """The demo did not show what it should."""


class Stage:
    """The emulators, what is built in them on this day, 1 being the first, and the functions."""

    def __init__(self, folder, day=1):
        self.folder = folder
        self.day = day
        self.organizations = world.build(day)
        self.home = self.organizations["A"].management.id
        self.bucket = f"orgscan-reports-{self.home}"
        # Whoever may write the exemptions can silence findings: they lie where no report is written.
        self.settings_bucket = f"orgscan-settings-{self.home}"
        now = first_day() + datetime.timedelta(days=day - 1)
        self.scheduled_time = iam_report.written(now)
        self.exemptions = world.exemptions(first_day(), now)
        self.aws = emulators.Emulator("ministack", folder, {"AUTH": "true", "PERSIST_STATE": "1"})
        # The emulator that checks policies denies SES identities by their ARN, which AWS allows: mail goes to one that
        # checks none. It takes every caller it does not know for the functions' account.
        self.mail = emulators.Emulator("ministack-mail", folder, {"MINISTACK_ACCOUNT_ID": self.home})
        self.builder = builder.Builder(self.aws, self.organizations, first_day(), now)
        template = self._template()
        self.functions = {job: template.function(template.function_id(job)) for job in JOBS}
        self.roles = {job: template.role(template.function_id(job)) for job in JOBS}
        self.operator_key = None

    def start(self):
        """Starts both emulators and builds everything; the functions are created and not invoked."""
        emulators.clear(self.folder)
        self.aws.start()
        self.builder.build_lasting(self._callers())
        self.aws.stop(emulators.SAVE_SECONDS)
        self.builder.edit_state()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            mail = pool.submit(self._start_mail)
            self.aws.start()
            self.builder.build_rest(self.bucket)
            self._exemptions()
            mail.result()
        for job in JOBS:
            self._function(job)

    def _exemptions(self):
        client = self.builder.client("s3", self.home)
        client.create_bucket(Bucket=self.settings_bucket)
        content = json.dumps(self.exemptions, indent=2).encode()
        client.put_object(Bucket=self.settings_bucket, Key=EXEMPTIONS, Body=content)

    def _start_mail(self):
        self.mail.start()
        client = self.mail_client()
        for address in (world.SENDER, *world.RECIPIENTS):
            client.create_email_identity(EmailIdentity=address)

    def mail_client(self):
        return self.builder.session.client(
            "sesv2",
            region_name=world.REGION,
            endpoint_url=self.mail.endpoint,
            aws_access_key_id=self.home,
            aws_secret_access_key="demo",
        )

    def stop(self):
        """Ends both emulators."""
        self.aws.stop()
        self.mail.stop()

    def _template(self):
        """template.yaml with the demo's values."""
        parameters = {
            "TenantsTableName": world.TABLE,
            "CrossAccountRoleName": world.MANAGEMENT_ROLE,
            "MemberRoleName": world.MEMBER_ROLE,
            "ExternalId": world.EXTERNAL_ID,
            "OutputPrefix": PREFIX,
            "Exemptions": f"s3://{self.settings_bucket}/{EXEMPTIONS}",
            "MailSender": world.SENDER,
            "MailIdentity": world.SENDER,
            "MailRecipients": ",".join(world.RECIPIENTS),
            "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        }
        return Template(ROOT / "template.yaml", parameters, {"ReportBucket": self.bucket}, self.home, world.REGION)

    def function_name(self, job):
        return self.functions[job]["FunctionName"]

    def settings(self):
        """The environment variables of each function, as the template sets them; empty means unset."""
        variables = {job: self.functions[job]["Environment"]["Variables"] for job in JOBS}
        return {job: {name: str(value) for name, value in own.items()} for job, own in variables.items()}

    def _callers(self):
        """Makes the functions' roles and the operator, who may do what both may; answers their ARNs."""
        client = self.builder.client("iam", self.home)
        operator = client.create_user(UserName=world.OPERATOR.name)["User"]["Arn"]
        self.operator_key = client.create_access_key(UserName=world.OPERATOR.name)["AccessKey"]
        self.builder.keys[self.operator_key["AccessKeyId"]] = world.OPERATOR.keys[0]
        own = [account.id for account in self.organizations["A"].accounts]
        arns = [operator]
        for role in self.roles.values():
            made = client.create_role(RoleName=role["name"], AssumeRolePolicyDocument=json.dumps(role["trust"]))
            arns.append(made["Role"]["Arn"])
            for name, policy in role["policies"].items():
                text = json.dumps(gaps.in_known_terms(policy, own))
                client.put_role_policy(RoleName=role["name"], PolicyName=name, PolicyDocument=text)
                client.put_user_policy(
                    UserName=world.OPERATOR.name, PolicyName=f"{role['name']}-{name}", PolicyDocument=text
                )
        return arns

    def _function(self, job):
        client = self.builder.client("lambda", self.home)
        function = self.functions[job]
        variables = {**self.settings()[job], "AWS_ENDPOINT_URL_SESV2": self.mail.endpoint}
        client.create_function(
            **{**function, "Environment": {"Variables": variables}},
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
            "mail_endpoint": self.mail.endpoint,
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
            "pids": {one.name: one.process.pid for one in (self.aws, self.mail)},
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
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.folder),
                "AWS_ACCESS_KEY_ID": self.home,
                "AWS_SECRET_ACCESS_KEY": "demo",
                "AWS_REGION": world.REGION,
                "AWS_DEFAULT_REGION": world.REGION,
                "AWS_ENDPOINT_URL": self.aws.endpoint,
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_MAX_ATTEMPTS": "1",
                "AWS_PAGER": "",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if called.returncode != 0:
            raise Failed(f"aws lambda invoke failed: {called.stderr.strip()}\n{self.function_log(job)}")
        answered = answer.read_text(encoding="utf-8")
        if "FunctionError" in json.loads(called.stdout):
            raise Failed(f"the function {job} failed: {answered}\n{self.function_log(job)}")
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

    def function_log(self, job):
        """The last lines of a function's log."""
        client = self.builder.client("logs", self.home)
        try:
            events = client.filter_log_events(logGroupName=f"/aws/lambda/{self.function_name(job)}")["events"]
        except client.exceptions.ResourceNotFoundException:
            return f"It logged nothing. The emulator's log is {shown(self.aws.log)}"
        lines = "\n".join(event["message"].rstrip() for event in events).splitlines()
        return "\n".join(["The end of its log:", *lines[-LOG_LINES:]])

    def upload(self, folder):
        """Puts everything below the folder into the bucket, where reports go."""
        client = self.builder.client("s3", self.home)
        files = [path for path in folder.rglob("*") if path.is_file()]
        self.builder.each(
            lambda path: client.upload_file(str(path), self.bucket, PREFIX + path.relative_to(folder).as_posix()), files
        )

    def download(self, folder):
        """Everything in the bucket, under its key; answers the paths."""
        client = self.builder.client("s3", self.home)
        paths = []
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for entry in page.get("Contents", []):
                path = folder / entry["Key"]
                path.parent.mkdir(parents=True, exist_ok=True)
                client.download_file(self.bucket, entry["Key"], str(path))
                paths.append(path)
        return sorted(paths)

    def messages(self):
        """The mails that were sent, as the emulator keeps them."""
        with urllib.request.urlopen(f"{self.mail.endpoint}/_ministack/ses/messages", timeout=10) as answer:
            return json.load(answer)


def sample_event(job):
    return ROOT / "events" / job / "scheduled.json"


def first_day():
    """The time of the runs of the first day."""
    event = json.loads(sample_event(JOBS[0]).read_text(encoding="utf-8"))
    return datetime.datetime.fromisoformat(event["scheduled_time"])


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


def shown(path):
    """A path as seen from the project's folder."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
