"""The emulator with the small world in it, and the templates deployed into that."""

import datetime
import functools
import json
import urllib.parse
import urllib.request

import botocore.config
from paths import EMULATOR

import built
import cloudformation
import deployments
import emulators
import small_world
import world
from sam import Sam

# State machines wait a fiftieth of what they would before they try again.
SETTINGS = {"AUTH": "true", "PERSIST_STATE": "1", "SFN_WAIT_SCALE": "0.02"}
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


class Stage:
    """The emulator with everything in it."""

    def __init__(self, folder, sam_program):
        emulators.PROGRAM = EMULATOR
        self.sam_program = sam_program
        self.folder = folder
        self.organizations = small_world.organizations()
        self.home = self.organizations["A"].management.id
        self.aws = emulators.Emulator("ministack", folder, SETTINGS)
        self.builder = small_world.Builder(self.aws, self.organizations, NOW, NOW)
        self.deployments = {}

    def start(self):
        emulators.clear(self.folder)
        self.aws.start()
        self.builder.build_lasting([])
        self.aws.stop(emulators.SAVE_SECONDS)
        self.builder.edit_state()
        self.aws.start()
        self.builder.build_resources_and_tables()
        self._mail()
        self._exemptions()
        key = self.client("kms").create_key(Description="reports")["KeyMetadata"]["Arn"]
        self._deploy(deployments.of(self, key))

    def _deploy(self, all_of_them):
        template = built.build(self.folder / "built")
        sam = Sam(self.sam_program, self.aws.endpoint, self.home, self.folder, self.client("cloudformation"))
        # The first one makes the bucket that sam uploads to.
        first, *others = all_of_them
        first.deploy(sam, template)
        self.builder.each(lambda one: one.deploy(sam, template), others)
        self.deployments = {one.name: one for one in all_of_them}

    def create_stack(self, account, name, template, parameters):
        """Deploys a template of stacks/ in an account."""
        text = template.read_text(encoding="utf-8")
        cloudformation.create(self.client("cloudformation", account), name, parameters, TemplateBody=text)

    def stop(self):
        self.aws.stop()

    def client(self, service, account=None, credentials=None, region=world.REGION):
        """A client as an account's root user, or with credentials."""
        if credentials is None:
            return self._of_root_user(service, account or self.home, region)
        return self.builder.session.client(
            service,
            region_name=region,
            endpoint_url=self.aws.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    @functools.cache
    def _of_root_user(self, service, account, region):
        return self.builder.client(service, account, region)

    def of_home(self, service):
        """A client of the account that the functions are in."""
        return self.client(service)

    def control(self, call, **query):
        """What no API of AWS does: see the module of the emulator."""
        text = urllib.parse.urlencode(query, doseq=True)
        address = f"{self.aws.endpoint}/_ministack/least-privilege/{call}?{text}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)

    def _mail(self):
        client = self.client("sesv2")
        for address in (deployments.SENDER, deployments.RECIPIENT):
            client.create_email_identity(EmailIdentity=address)
        client.create_configuration_set(ConfigurationSetName=deployments.CONFIGURATION_SET)

    def _exemptions(self):
        entry = {"user": "bob", "rule": "console-mfa", "reason": "leaves", "until": f"{NOW.year + 1}-12-31"}
        bucket, _, key = deployments.EXEMPTIONS.partition("/")
        self.client("s3").create_bucket(Bucket=bucket)
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps([entry]).encode())

    def put_policy(self, account, role, name, policy):
        """Puts a policy of a role; none takes it away."""
        client = self.client("iam", account)
        if policy is None:
            client.delete_role_policy(RoleName=role, PolicyName=name)
        else:
            client.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
