"""The demo's world, up and running: the emulator and what is built in it, without the functions."""

import datetime
import json
import os
import pathlib
import platform
import urllib.request

import builder
import emulators
import iam_report
import world

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The functions as they are deployed.
BINARIES = pathlib.Path(os.environ.get("ORGSCAN_BIN_DIR") or ROOT / "target" / "release")
JOBS = ("account-metadata", "credential-report")
PREFIX = "reports/"
EXEMPTIONS = "exemptions.json"
LOG_LINES = 40


class Failed(Exception):
    """The demo did not show what it should."""


class EmulatedWorld:
    """The emulator, and what is built in it on this day, 1 being the first."""

    def __init__(self, folder, day=1):
        self.folder = folder
        self.day = day
        self.organizations = world.build(day)
        self.home = self.organizations["A"].management.id
        # Whoever may write the exemptions can silence findings: they lie where no report is written.
        self.settings_bucket = f"orgscan-settings-{self.home}"
        now = first_day() + datetime.timedelta(days=day - 1)
        self.scheduled_time = iam_report.written(now)
        self.exemptions = world.exemptions(first_day(), now)
        self.aws = emulators.Emulator("ministack", folder, {"AUTH": "true", "PERSIST_STATE": "1"})
        self.builder = builder.Builder(self.aws, self.organizations, first_day(), now)
        self.operator_key = None

    def parameters(self):
        """The parameters of template.yaml in this world, but for what is different however it is deployed."""
        return {
            "CrossAccountRoleName": world.MANAGEMENT_ROLE,
            "MemberRoleName": world.MEMBER_ROLE,
            "ExternalId": world.EXTERNAL_ID,
            "OutputPrefix": PREFIX,
            "Exemptions": f"s3://{self.settings_bucket}/{EXEMPTIONS}",
            "MailSender": world.SENDER,
            "MailIdentity": world.SENDER,
            "MailRecipients": ",".join(world.RECIPIENTS),
            "Architecture": architecture(),
        }

    def start(self):
        """Starts the emulator and builds everything in it."""
        emulators.clear(self.folder)
        self.aws.start()
        self.build_lasting()
        self.aws.stop(emulators.SAVE_SECONDS)
        self.builder.edit_state()
        self.aws.start()
        self.build_rest()

    def build_lasting(self):
        """Makes what is kept over the restart: Organizations, users, roles."""
        self._operator()
        self.builder.build_lasting(self.callers())

    def callers(self):
        """The ARNs that the roles in all accounts trust; without any there are no such roles."""
        return []

    def build_rest(self):
        """Makes what does not outlast the restart."""
        self.builder.build_resources()
        self._mail()
        self._exemptions()

    def _operator(self):
        client = self.builder.client("iam", self.home)
        client.create_user(UserName=world.OPERATOR.name)
        self.operator_key = client.create_access_key(UserName=world.OPERATOR.name)["AccessKey"]
        self.builder.keys[self.operator_key["AccessKeyId"]] = world.OPERATOR.keys[0]

    def _exemptions(self):
        client = self.builder.client("s3", self.home)
        client.create_bucket(Bucket=self.settings_bucket)
        content = json.dumps(self.exemptions, indent=2).encode()
        client.put_object(Bucket=self.settings_bucket, Key=EXEMPTIONS, Body=content)

    def _mail(self):
        client = self.builder.client("sesv2", self.home)
        for address in (world.SENDER, *world.RECIPIENTS):
            client.create_email_identity(EmailIdentity=address)

    def stop(self):
        """Ends the emulator."""
        self.aws.stop()

    def log_end(self, group):
        """The last lines of a function's log."""
        client = self.builder.client("logs", self.home)
        try:
            events = client.filter_log_events(logGroupName=group)["events"]
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
        with urllib.request.urlopen(f"{self.aws.endpoint}/_ministack/ses/messages", timeout=10) as answer:
            return json.load(answer)


def command_environment(endpoint, account, home):
    """The environment of a command that calls AWS: the root user of an account of the emulator, and nothing of ours."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_REGION": world.REGION,
        "AWS_DEFAULT_REGION": world.REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def architecture():
    """The architecture of this machine's binaries, as Lambda calls it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def sample_event(job):
    return ROOT / "events" / job / "scheduled.json"


def first_day():
    """The time of the runs of the first day."""
    event = json.loads(sample_event(JOBS[0]).read_text(encoding="utf-8"))
    return datetime.datetime.fromisoformat(event["scheduled_time"])


def shown(path):
    """A path as seen from the project's folder."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
