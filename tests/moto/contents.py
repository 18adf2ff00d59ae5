"""What is in the accounts of a generated world: states, tags, resources, users, and what goes wrong."""

from datetime import datetime, timedelta, timezone

import aws_gaps
from moto.cloudfront.models import cloudfront_backends
from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

REGION = "us-east-1"
DEFAULT_REGIONS = (
    "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 "
    "eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"
).split()
FEW_REGIONS = ["eu-west-2", "sa-east-1", "us-east-1", "us-west-2"]
OPT_IN_REGIONS = ["af-south-1", "ap-east-1", "eu-south-1", "me-south-1", "mx-central-1"]

WORDS = ["billing", "data", "edge", "finance", "labs", "media", "network", "payments", "research", "security", "shop"]
VALUES = ["prod", "Dev, test", "", "=1+1", "-1", "@stage", "ünï", "生产", 'a "b"', "x\ny", "9" * 40, "🚀"]
ENVIRONMENT_KEYS = ["Environment", "environment", "ENVIRONMENT", "env", "Env", "EnvIronment"]
AIDE_KEYS = ["Aide-Id", "aide_id", "AIDEID", "AIDE-ID", "Aide_Id"]
USERS = [
    "alice", "Bob", "carol.o@example.com", "dave+ops", "eve=admin", "-frank", "=grace", "@heidi", "+ivan", "judy_x",
]
PATHS = ["/", "/", "/engineering/", "/a/b/c/"]
MALFORMED = [
    b"<html><body>not a report</body></html>",
    b"user,password_enabled\nalice,true\n",
    b"user,arn,mfa_active\nalice,arn:aws:iam::123456789012:user/alice\n",
    b"user,arn\n\xff\xfe,arn:aws:iam::123456789012:user/x\n",
]


class Contents:
    """The part of a world that fills its accounts; `World` has the rest."""

    def build_accounts(self):
        self.tagging = aws_gaps.Tagging(account_tags=self.account_tags, empty_pages=self.empty_resource_pages)
        self.reports = aws_gaps.Reports()
        self.tags_denied, self.regions_denied, self.region_states = set(), set(), {}
        for management, backend, accounts in self.organizations:
            for account in accounts:
                self.set_state(backend, account, account.id in (management, self.caller))
                self.set_tags(account)
                self.make_resources(account.id)
                self.make_users(account.id)
                if not self.plain:
                    self.make_trouble(account)

    def set_state(self, backend, account, must_live):
        if must_live or not self.one_in(4):
            return
        kind = self.random.choice(
            ["suspended", "pending closure", "closed", "pending activation", "only State", "only Status", "neither",
             "unknown", "only Status", "pending closure"]
        )
        self.features.add(f"state: {kind}")
        if kind == "suspended":
            backend.close_account(AccountId=account.id)
            return
        account.state, account.status = {
            "pending closure": ("PENDING_CLOSURE", "PENDING_CLOSURE"),
            "closed": ("CLOSED", "SUSPENDED"),
            "pending activation": ("PENDING_ACTIVATION", None),
            "only State": (self.random.choice(["ACTIVE", "SUSPENDED"]), None),
            "only Status": (None, self.random.choice(["ACTIVE", "SUSPENDED", "PENDING_CLOSURE"])),
            "neither": (None, None),
            "unknown": ("HIBERNATING", "ACTIVE"),
        }[kind]

    def set_tags(self, account):
        count = self.random.choice([0, 0, 1, 2, 3, 8, 25, 50])
        if count == 0:
            self.features.add("accounts without a tag")
            if self.one_in(3):
                self.tagging.previously_tagged.add(account.id)
                self.choose("previously tagged accounts", self.account_tags == "listed")
            return
        keys = self.random.sample(ENVIRONMENT_KEYS, self.random.randint(0, 2))
        keys += self.random.sample(AIDE_KEYS, self.random.randint(0, 2))
        keys += [f"{self.random.choice(WORDS)}:{number}" for number in range(50)]
        keys = keys[:count]
        self.random.shuffle(keys)
        account.tags = {key: self.random.choice(VALUES) for key in keys}
        if self.one_in(3):
            self.tagging.lagging.add(account.id)
            self.choose("tagged accounts that the bulk listing lacks", self.account_tags == "listed")
        self.choose("empty tag values", "" in account.tags.values())
        self.choose("50 tags", count == 50)
        folded = [key.lower() for key in keys]
        self.choose("tag keys that differ by case alone", len(set(folded)) < len(folded))

    def make_resources(self, account):
        if self.regions == "off":
            return
        pool = FEW_REGIONS + (DEFAULT_REGIONS if self.regions == "default" else []) + OPT_IN_REGIONS[:2]
        # Not in every region: most are empty.
        for region in self.random.sample(pool, self.random.choice([0, 1, 2, 3, 4])):
            tags = {"owner": "someone"}
            kind = self.random.choice(["sqs", "sqs", "sns", "dynamodb", "s3", "untagged"])
            self.features.add(f"resources: {kind}")
            if kind == "sqs":
                sqs_backends[account][region].create_queue("queue", tags)
            elif kind == "untagged":
                sqs_backends[account][region].create_queue("queue")
            elif kind == "sns":
                sns_backends[account][region].create_topic("topic", tags=tags)
            elif kind == "dynamodb":
                self.table(account, region, "table", [{"Key": key, "Value": value} for key, value in tags.items()])
            elif f"bucket-{account}" not in s3_backends[account]["aws"].buckets:
                s3_backends[account]["aws"].create_bucket(f"bucket-{account}", region)
                s3_backends[account]["aws"].put_bucket_tagging(f"bucket-{account}", tags)
        if self.one_in(4):
            # More than a page of what proves nothing.
            self.features.add("resources: global, more than a page")
            for number in range(self.random.choice([1, 15])):
                cloudfront_backends[account]["aws"].create_key_value_store(
                    f"store-{number}", "", [{"Key": "owner", "Value": "someone"}]
                )

    def table(self, account, region, name, tags):
        dynamodb_backends[account][region].create_table(
            name=name,
            schema=[{"AttributeName": "record", "KeyType": "HASH"}],
            throughput=None,
            attr=[{"AttributeName": "record", "AttributeType": "S"}],
            global_indexes=[],
            indexes=[],
            streams=None,
            billing_mode="PAY_PER_REQUEST",
            sse_specification=None,
            tags=tags,
            deletion_protection_enabled=False,
            warm_throughput=None,
        )

    def make_users(self, account):
        if self.one_in(4):
            self.features.add("accounts without a user")
            return
        backend = iam_backends[account]["aws"]
        names = self.random.sample(USERS, self.random.randint(1, 5))
        if not self.plain and self.one_in(4):
            self.features.add("user names with a comma")
            names.append("mallory,ops")
        for name in names:
            user = backend.create_user(REGION, name, self.random.choice(PATHS))
            user = user[0] if isinstance(user, tuple) else user
            user.create_date = self.date()
            if self.one_in(2):
                self.features.add("passwords")
                backend.create_login_profile(name, "not-a-secret-of-anyone")
                user.password_last_used = self.random.choice([None, self.date()])
                if self.one_in(2):
                    self.features.add("virtual MFA devices")
                    device = backend.create_virtual_mfa_device(f"mfa-of-{len(user.arn)}-{names.index(name)}", "/")
                    backend.enable_mfa_device(name, device.serial_number, "123456", "654321")
            for _ in range(self.random.choice([0, 1, 1, 2])):
                key = backend.create_access_key(name)
                key.status = self.random.choice(["Active", "Active", "Inactive"])
                key.create_date = self.date()
                key.last_used = self.random.choice([None, self.date()])
                self.features.add(f"keys: {key.status}")

    def date(self):
        """Any time, from years ago to a day before the run."""
        seconds = self.random.choice([1, 30, 44, 45, 46, 89, 90, 91, 365, 1500]) * 86400 + self.random.randrange(3600)
        return datetime(2026, 11, 21, 6) - timedelta(seconds=seconds)

    def make_trouble(self, account):
        """What goes wrong in an account, or is not as elsewhere."""
        if self.regions == "listed":
            states = dict.fromkeys(self.random.sample(FEW_REGIONS, 3), "ENABLED_BY_DEFAULT")
            states |= dict.fromkeys(self.random.sample(OPT_IN_REGIONS[:2], 1), "ENABLED")
            states |= {OPT_IN_REGIONS[2]: "DISABLED", OPT_IN_REGIONS[3]: "ENABLING", OPT_IN_REGIONS[4]: "DISABLING"}
            missing = [region for region in FEW_REGIONS if region not in states]
            states |= dict.fromkeys(missing, "DISABLED")
            self.region_states[account.id] = states
            if self.choose("ListRegions denied", self.one_in(8)):
                self.regions_denied.add(account.id)
        if self.regions != "off":
            if self.choose("regions denied by policy", self.one_in(5)):
                self.tagging.denied |= {(account.id, region) for region in self.random.sample(FEW_REGIONS, 2)}
            if self.choose("every region denied", self.one_in(10)):
                self.tagging.denied |= {(account.id, region) for region in DEFAULT_REGIONS + OPT_IN_REGIONS}
            if self.choose("regions not enabled", self.one_in(5)):
                self.tagging.not_enabled |= {(account.id, region) for region in self.random.sample(FEW_REGIONS, 2)}
        alive = account.state == account.status == "ACTIVE"
        if alive and self.choose("tags denied for one account", self.one_in(12)):
            self.tags_denied.add(account.id)
        fate = self.random.randrange(24)
        if fate == 0:
            self.features.add("report: denied")
            self.reports.denied.add(account.id)
        elif fate == 1 and self.seed % 4 == 3:
            self.features.add("report: in progress and expired")
            self.reports.slow.add(account.id)
        elif fate in (2, 3):
            self.features.add("report: malformed")
            content = self.random.choice(MALFORMED)
            self.reports.changed[account.id] = lambda _: content
        elif fate in (4, 5):
            self.features.add("report: fresh")
            made = datetime.now(timezone.utc) - timedelta(hours=1, minutes=self.random.randrange(120))
            self.reports.fresh[account.id] = made.strftime("%Y-%m-%dT%H:%M:%SZ")
        elif fate in (6, 7):
            self.features.add("report: additional_credentials_info")
            self.reports.changed[account.id] = lambda content: with_columns(content, ["additional_credentials_info"])
        elif fate in (8, 9):
            self.features.add("report: columns nobody knows")
            self.reports.changed[account.id] = lambda content: with_columns(content, ["zz_new", "beta_column"])
        elif fate in (10, 11):
            self.features.add("report: fewer columns, in another order")
            self.reports.changed[account.id] = lambda content: reversed_columns(content)


def with_columns(content, names):
    """The report with further columns at its end."""
    header, *lines = content.decode().split("\n")
    further = [",".join(f"{name} {number}" for name in names) for number in range(len(lines))]
    return "\n".join([",".join([header, *names])] + [f"{line},{more}" for line, more in zip(lines, further)]).encode()


def reversed_columns(content):
    """The first seven columns only, the last of them first. No value here has a comma."""
    lines = [line.split(",")[6::-1] for line in content.decode().split("\n") if '"' not in line]
    return "\n".join(",".join(line) for line in lines).encode()
