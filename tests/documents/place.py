"""Organizations on the emulator as their administrators find them: accounts with users, and nothing of this project."""

import datetime
import json
import pathlib
import urllib.request


import builder
import emulators
import people
import world

EMULATOR = pathlib.Path(__file__).parent / "emulator"
# As the documents name them.
MANAGEMENT = "111111111111"
TOOLING = "222222222222"
# One that somebody has made for reports already.
BUCKET_OF_REPORTS = "reports-of-a-terminal"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
# What AWS Organizations makes in every account that it creates, and not in those that are invited.
ORGANIZATION_ROLE = "OrganizationAccountAccessRole"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def organization(invited):
    """Some accounts with something wrong in each; and one that was invited and lets nobody in."""
    accounts = [
        world.Account(MANAGEMENT, "Example Holdings", users=people.USERS[:4], root=people.Root()),
        world.Account(TOOLING, "security-tooling", root=people.Root()),
        world.Account(
            world.number("documents production"),
            "production",
            tags={"environment": "production"},
            resources=(("eu-west-1", "sqs"),),
            users=people.USERS[1:4],
            root=people.ROOTS[0],
        ),
        world.Account(world.number("documents sandbox"), "sandbox", users=people.USERS[5:7], root=people.Root()),
    ]
    if invited:
        number = world.number("documents invited")
        accounts.append(world.Account(number, "invited", users=people.USERS[:2], role="none", root=people.Root()))
    return world.Organization(f"o-documents{world.number('documents', 4)}", accounts, external_id="", answers_state=True)


class Builder(builder.Builder):
    """Builds it. Of roles there are those of AWS Organizations."""

    def build_lasting(self, callers):
        super().build_lasting(callers)
        self.build_roles(callers)

    def _roles(self, tenant, account, _callers):
        if account is tenant.management or account.role == "none":
            return
        trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{tenant.management.id}:root"}}
        trust = {"Version": "2012-10-17", "Statement": [{**trusted, "Action": "sts:AssumeRole"}]}
        client = self.client("iam", account.id)
        client.create_role(RoleName=ORGANIZATION_ROLE, AssumeRolePolicyDocument=json.dumps(trust))
        client.attach_role_policy(RoleName=ORGANIZATION_ROLE, PolicyArn=ADMINISTRATOR)

    def _edit_member_that_is_a_tenant(self, stores):
        pass

    def build_table(self):
        """A table whose only tenant is this Organization."""
        self.make_table(world.TABLE, "tenant_id")
        self.put_tenants(world.TABLE, [{**world.ACTIVE, "tenant_id": MANAGEMENT}])


class Place:
    """The emulator with Organizations in it, and an administrator in some of their accounts."""

    def __init__(self, folder, organizations, administered):
        emulators.PROGRAM = EMULATOR
        self.folder = folder
        self.organizations = organizations
        self.administered = administered
        self.aws = emulators.Emulator("ministack", folder, {"AUTH": "true", "PERSIST_STATE": "1"})
        self.builder = Builder(self.aws, self.organizations, NOW, NOW)
        self.keys = {}

    def start(self):
        emulators.clear(self.folder)
        self.aws.start()
        self.keys = {account: self._administrator(account) for account in self.administered}
        self.builder.build_lasting([])
        self.aws.stop(emulators.SAVE_SECONDS)
        self.builder.edit_state()
        self.aws.start()
        self.builder.build_resources()
        self.builder.build_bucket(BUCKET_OF_REPORTS)
        self.builder.build_table()

    def _administrator(self, account):
        """An access key of somebody who may do everything in the account."""
        client = self.builder.client("iam", account)
        client.create_user(UserName=world.OPERATOR.name)
        client.attach_user_policy(UserName=world.OPERATOR.name, PolicyArn=ADMINISTRATOR)
        key = client.create_access_key(UserName=world.OPERATOR.name)["AccessKey"]
        self.builder.keys[key["AccessKeyId"]] = world.OPERATOR.keys[0]
        return key

    def stop(self):
        self.aws.stop()

    def mails(self):
        """The mails that were sent, as the emulator keeps them."""
        with urllib.request.urlopen(f"{self.aws.endpoint}/_ministack/ses/messages", timeout=10) as answer:
            return [one for sent in json.load(answer)["messages"].values() for one in sent]
