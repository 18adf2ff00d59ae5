"""A world that has one of everything wrong, and what a diagnosis has to say of each."""

import json

import assumed_roles
import people
import world
from place import MANAGEMENT, Place

HOME = MANAGEMENT
# Somebody who may do everything in the management account, and somebody who may do nothing.
ADMINISTRATOR, NOBODY = world.OPERATOR.name, "nobody"
EXTERNAL_ID = "what-the-caller-sends"
BUCKET = "reports-of-another-account"
SENDER = "digests@example.com"
RECIPIENT = "readers@example.com"
NAMES = ("healthy", "without-role", "trusts-another", "other-external-id", "may-too-little")
HEALTHY, WITHOUT_ROLE, TRUSTS_ANOTHER, OTHER_EXTERNAL_ID, MAY_TOO_LITTLE = (
    world.number(f"doctor {name}") for name in NAMES
)
# A member of somebody else's Organization that the table takes for a tenant.
OTHER_MANAGEMENT, NO_TENANT = world.number("doctor other management"), world.number("doctor no tenant")
SETTINGS = {
    "DYNAMO_TABLE_NAME": world.TABLE,
    "CROSS_ACCOUNT_ROLE_NAME": world.MANAGEMENT_ROLE,
    "MEMBER_ROLE_NAME": world.MEMBER_ROLE,
    "EXTERNAL_ID": EXTERNAL_ID,
    "OUTPUT_BUCKET": BUCKET,
    "MAIL_SENDER": SENDER,
    "MAIL_RECIPIENTS": RECIPIENT,
}
# Check, account or subject, and cause.
WRONG = {
    ("account-role", WITHOUT_ROLE, "role-absent"),
    ("account-role", TRUSTS_ANOTHER, "trust"),
    ("account-role", OTHER_EXTERNAL_ID, "external-id"),
    ("account-actions", MAY_TOO_LITTLE, "action-missing"),
    ("bucket", BUCKET, "bucket-owner"),
    ("ses-sender", SENDER, "sender-unverified"),
    # A new account of SES sends to verified addresses only.
    ("ses-recipient", RECIPIENT, "recipient-unverified"),
    ("tenant", NO_TENANT, "not-management"),
}
DENIED = "iam:GetCredentialReport"


def organizations():
    own = [world.Account(HOME, "Example Holdings", users=people.USERS[:2], root=people.Root())]
    for name in NAMES:
        users = people.USERS[1:4]
        own.append(world.Account(world.number(f"doctor {name}"), name, users=users, root=people.Root()))
    other = [world.Account(OTHER_MANAGEMENT, "Example Retail"), world.Account(NO_TENANT, "shop")]
    return {
        "A": world.Organization(f"o-doctor{world.number('doctor A', 6)}", own, EXTERNAL_ID, answers_state=True),
        "B": world.Organization(f"o-doctor{world.number('doctor B', 6)}", other, EXTERNAL_ID, answers_state=True),
    }


class WrongWorld(Place):
    """The world, in which everything is meant for one user of the management account."""

    def __init__(self, folder, caller):
        super().__init__(folder, organizations(), (HOME,))
        self.caller = f"arn:aws:iam::{HOME}:user/{caller}"

    def start(self):
        super().start()
        client = self.builder.client("iam", HOME)
        client.create_user(UserName=NOBODY)
        self.keys[NOBODY] = client.create_access_key(UserName=NOBODY)["AccessKey"]
        self.keys[ADMINISTRATOR] = self.keys[HOME]
        self._roles()
        self._bucket()
        self._tenants()

    def _roles(self):
        another = f"arn:aws:iam::{HOME}:user/somebody-else"
        for account, caller, external_id in (
            (HEALTHY, self.caller, EXTERNAL_ID),
            (TRUSTS_ANOTHER, another, EXTERNAL_ID),
            (OTHER_EXTERNAL_ID, self.caller, "what-the-role-asks-for"),
            (MAY_TOO_LITTLE, self.caller, EXTERNAL_ID),
        ):
            role = assumed_roles.member_role(account, [caller], external_id)
            if account == MAY_TOO_LITTLE:
                role = {**role, "policies": {name: without(one, DENIED) for name, one in role["policies"].items()}}
            client = self.builder.client("iam", account)
            assumed_roles.create(client, role)
        client = self.builder.client("iam", NO_TENANT)
        assumed_roles.create(client, assumed_roles.management_role(NO_TENANT, [self.caller], EXTERNAL_ID))

    def _bucket(self):
        """A bucket of the healthy account, which lets the caller's account do everything."""
        client = self.builder.client("s3", HEALTHY)
        client.create_bucket(Bucket=BUCKET)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
        client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def _tenants(self):
        self.builder.put_tenants(world.TABLE, [{**world.ACTIVE, "tenant_id": NO_TENANT}])


def without(policy, action):
    """A policy that does not allow an action."""
    statements = [{**one, "Action": [each for each in one["Action"] if each != action]} for one in policy["Statement"]]
    return {**policy, "Statement": [one for one in statements if one["Action"]]}
