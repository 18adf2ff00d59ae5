"""The templates, deployed several times over the small world, so that every condition of theirs holds once."""

import contextlib
import json

from paths import MANAGEMENT_ROLE, MEMBER_ROLE, TEMPLATE

import built
import cloudformation
import roles
import small_world
import world
from emulated import JOBS, architecture

# What the template calls what there is of each function.
TITLES = {"account-metadata": "AccountMetadata", "credential-report": "CredentialReport"}
# What is run besides the functions, each with the function that it invokes.
MACHINES = {f"{job} fan-out": job for job in JOBS}
KINDS = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::RolePolicy")
SENDER, RECIPIENT = "orgscan@example.com", "security@example.com"
CONFIGURATION_SET = "orgscan-mail"
EXEMPTIONS = "least-privilege-settings/exemptions/list.json"
PREFIX = "audit/"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
MAIL = {
    "MailSender": SENDER,
    "MailIdentity": SENDER,
    "MailRecipients": RECIPIENT,
    "SesConfigurationSet": CONFIGURATION_SET,
}
TENANTS = {"CredentialReportScope": "all-tenants", "MemberRoleVia": "management"}


def of(stage, key):
    """Each deployment once; `key` is a KMS key."""
    own = {"CredentialReportScope": "own-organization", "KmsKeyArn": key, "Exemptions": f"s3://{EXEMPTIONS}", **MAIL}
    fanned_out = {**TENANTS, "FanOut": "yes", "KmsKeyArn": key, "TenantsTableName": small_world.SMALL_TENANTS}
    return [
        # The functions' own Organization, with everything that can be added.
        Deployment(stage, "own", own, sends_mail=True),
        # Every tenant's, of which the role in the management account assumes those of members.
        Deployment(stage, "via", TENANTS, covers_all_tenants=True),
        # Every tenant's, where the functions' own roles assume those of members.
        Deployment(stage, "caller", {"CredentialReportScope": "all-tenants"}, covers_all_tenants=True, is_large=False),
        FannedOut(stage, "fan-out", fanned_out, covers_all_tenants=True, is_large=False),
        Administered(stage, "admin", {"CredentialReportScope": "all-tenants"}, covers_all_tenants=True),
    ]


def never_made(deployments):
    """The roles and policies of the templates that no deployment makes."""
    known = {
        (path, logical_id)
        for path in (TEMPLATE, MEMBER_ROLE, MANAGEMENT_ROLE)
        for logical_id, kind in built.types(path).items()
        if kind in KINDS
    }
    made = {one for deployment in deployments for one in deployment.made}
    return sorted(f"{logical_id} of {path.name}" for path, logical_id in known - made)


class Deployment:
    """One stack with its functions, and the roles for it in other accounts."""

    def __init__(self, stage, name, parameters, sends_mail=False, covers_all_tenants=False, is_large=True):
        self.stage = stage
        self.is_large = is_large
        self.name = name
        self.sends_mail = sends_mail
        self.covers_all_tenants = covers_all_tenants
        self.stack = f"audit-{name}"
        self.management_role = f"OrgReportManagement-{name}"
        self.member_role = self.name_of_member_role()
        self.is_via = parameters.get("MemberRoleVia") == "management"
        common = {
            "TenantsTableName": world.TABLE,
            "CrossAccountRoleName": self.management_role,
            "MemberRoleName": self.member_role,
            "ExternalId": small_world.EXTERNAL_ID,
            "OutputPrefix": PREFIX,
            "RegionCacheHours": "24",
            # Runs come one after another, and no quota of AWS is there to be kept.
            "QuotaPercent": "10000",
            "Architecture": architecture(),
        }
        self.parameters = {**common, **parameters}
        self.outputs = {}
        # The roles by account and name, and what templates have of which something was made.
        self.roles = {}
        self.made = set()

    def name_of_member_role(self):
        return f"OrgReportReader-{self.name}"

    @property
    def bucket(self):
        return self.outputs["ReportBucketName"]

    def function(self, job):
        return self.outputs[f"{TITLES[job]}FunctionName"]

    def function_role(self, job):
        """The name of a function's role."""
        return self.outputs[f"{TITLES[job]}RoleArn"].rpartition("/")[2]

    def runs_with(self, role_id):
        """What a role matters to: a function to its own, and both to those in other accounts."""
        return [job for job in JOBS if role_id == f"{TITLES[job]}Role"] or JOBS

    def deploy(self, sam, template):
        """Makes everything in the emulator."""
        sam.deploy(template, self.stack, self.parameters)
        client = self.stage.client("cloudformation")
        self.outputs = cloudformation.outputs(client, self.stack)
        self._read(self.stage.home, TEMPLATE, self.stack)
        for tenant in self.stage.organizations.values():
            self.add_roles_of(tenant)

    def add_roles_of(self, tenant):
        callers = [self.outputs[f"{TITLES[job]}RoleArn"] for job in JOBS]
        is_own = tenant.management.id == self.stage.home
        # Where only the own Organization is audited, no report is fetched anywhere else.
        report = "yes" if is_own or self.covers_all_tenants else "no"
        common = {
            "ExternalId": small_world.EXTERNAL_ID,
            "CredentialReport": report,
            # Only in their own Organization can the callers' be asked for.
            "OrganizationId": tenant.id if is_own or self.is_via else "",
        }
        # The functions' own account is read without a role.
        if not is_own:
            via = {"MemberRoleName": self.member_role} if self.is_via else {}
            outside = {**common, "OrganizationId": "", **via}
            self._add(tenant.management.id, MANAGEMENT_ROLE, self.management_role, callers, outside)
            if self.is_via:
                callers = [f"arn:aws:iam::{tenant.management.id}:role/{self.management_role}"]
        for account in tenant.members:
            self._add(account.id, MEMBER_ROLE, self.member_role, callers, common)

    def _add(self, account, template, name, callers, parameters):
        parameters = {"RoleName": name, "CallerRoleArns": ",".join(callers), **parameters}
        self.stage.create_stack(account, name, template, parameters)
        self._read(account, template, name)

    def _read(self, account, template, stack):
        """What a stack made, as IAM has it."""
        logical_ids, found = roles.of_stack(self.stage, account, stack)
        self.roles |= {(account, role.name): role for role in found}
        self.made |= {(template, logical_id) for logical_id in logical_ids}


class FannedOut(Deployment):
    """One whose functions are invoked by state machines."""

    def machine(self, run):
        return self.outputs[f"{TITLES[MACHINES[run]]}FanOutArn"]

    def runs_with(self, role_id):
        own = [run for run, job in MACHINES.items() if role_id == f"{TITLES[job]}FanOutRole"]
        return own or super().runs_with(role_id)

    @contextlib.contextmanager
    def unreadable(self, tenant):
        """A tenant whose role may do nothing meanwhile."""
        place = tenant.management.id, self.management_role
        policies = self.roles[place].policies
        for name in policies:
            self.stage.put_policy(*place, name, None)
        try:
            yield
        finally:
            for name, document in policies.items():
                self.stage.put_policy(*place, name, document)


class Administered(Deployment):
    """One that finds administrators in other accounts in place of the roles of stacks/.

    AWS Organizations makes OrganizationAccountAccessRole in every account that is created, with AdministratorAccess; it
    trusts the management account.
    """

    def name_of_member_role(self):
        return "OrganizationAccountAccessRole"

    def add_roles_of(self, tenant):
        if tenant.management.id != self.stage.home:
            asked = {"StringEquals": {"sts:ExternalId": small_world.EXTERNAL_ID}}
            self._administrator(tenant.management.id, self.management_role, self.stage.home, {"Condition": asked})
        for account in tenant.members:
            self._administrator(account.id, self.member_role, tenant.management.id, {})

    def _administrator(self, account, name, trusted, more):
        statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{trusted}:root"}, **more}
        trust = {"Version": "2012-10-17", "Statement": [{**statement, "Action": "sts:AssumeRole"}]}
        client = self.stage.client("iam", account)
        client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        client.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)
