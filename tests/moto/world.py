"""Generated worlds: Organizations, tenants, tags, resources and users, all following from one number.

The world is built in moto's own backends, in this process; `aws_gaps` says what is changed about moto itself.
"""

import json
import random
from datetime import datetime, timedelta

import aws_gaps
from contents import REGION, WORDS, Contents
from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.organizations import utils as organizations_utils
from moto.organizations.models import organizations_backends
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends
from settings import MADE_BY_AWS, ORGANIZATION_ROLE, TABLE, settings

FUNCTION_ROLE = "orgscan-function"
SCHEDULED_TIME = "2026-11-21T06:00:00Z"

NAMES = [
    'Retail, Online', 'The "Quoted" One', "two\nlines", "carriage\r\nreturn", '=HYPERLINK("http://x.example","x")',
    "+44 sales", "-minus", "@mention", "\ttabbed", "\rreturned", "<script>alert(1)</script>", "<b>&amp;</b>",
    "数据平台", "開発,環境", "🚀 launch", "Ünïcode naïve", "O'Brien & Söhne", " leading", "trailing ",
    '"', ",,", "N/A",
]



class World(Contents):
    """World `seed`. `features` is what it turned out to have, for the cover list."""

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.features = set()
        self.organizations = []
        self.notes = {"secrets": []}
        # Every sixth world is moto as it comes.
        self.plain = self.choose("plain moto", seed % 6 == 0)
        mock_random.seed(seed)
        self.plan()
        self.build_organizations()
        self.build_roles()
        self.build_accounts()
        self.build_tenants()
        s3_backends[self.caller]["aws"].create_bucket(self.bucket, REGION)
        self.close_the_gaps()

    def choose(self, feature, condition):
        """The condition, noted as a feature where it holds."""
        if condition:
            self.features.add(feature)
        return bool(condition)

    def one_in(self, count):
        return self.random.randrange(count) == 0

    # What there is to be.

    def plan(self):
        seed, choose = self.seed, self.choose
        self.count = 1 + seed % 4
        self.features.add(f"{self.count} Organizations" if self.count > 1 else "1 Organization")
        self.caller_is = ("management", "tooling", "member")[(seed // 2) % 3]
        self.features.add(f"caller: {self.caller_is}")
        if self.plain:
            self.regions = ("default", "fixed", "off", "default")[seed // 6 % 4]
        else:
            self.regions = ("fixed", "default", "listed", "listed", "off", "listed")[(seed + seed // 6) % 6]
        self.features.add(f"regions: {self.regions}")
        self.external_id = f"external-{seed}-of-all" if choose("EXTERNAL_ID", seed % 3 == 1) else None
        self.member_role = (
            (None, None),
            ("OrgReportReader", None),
            ("OrgReportReader", "management"),
            (MADE_BY_AWS, None),
            ("audit/OrgReportReader", "caller"),
        )[seed % 5]
        self.features.add("inventory member role: {} via {}".format(*(part or "default" for part in self.member_role)))
        self.audit_all = choose("audit: every tenant", self.caller_is != "management" or seed % 4 < 2)
        choose("audit: own Organization", not self.audit_all)
        self.audit_role = (MADE_BY_AWS, "management" if self.audit_all else "caller")
        if choose("audit: own member role via caller", seed % 7 in (2, 3)):
            self.audit_role = ("AuditReader", "caller")
        gaps = not self.plain
        self.account_tags = ("listed", "absent", "denied", "listed")[seed % 4] if gaps else "absent"
        self.features.add(f"bulk tags: {self.account_tags}")
        self.short_pages = gaps and choose("short pages of accounts", seed % 2 == 1)
        self.empty_pages = self.short_pages and choose("empty pages of accounts", seed % 4 == 1)
        few = self.regions in ("fixed", "listed")
        self.empty_resource_pages = gaps and few and choose("empty pages of resources", seed % 3 == 2)
        self.locked_out = gaps and choose("roles that are missing", seed % 3 != 0)
        self.bucket = f"reports-{seed}"
        self.group = self.random.choice(["Sandbox", "Internal"])

    def account_id(self):
        """A new account id, now and then with zeros in front."""
        while True:
            number = self.random.randrange(10**12)
            if self.one_in(6):
                number %= 10 ** self.random.choice([2, 8, 11])
                self.features.add("account ids with leading zeros")
            account = f"{number:012}"
            if number > 0 and account not in self.taken:
                self.taken.add(account)
                return account

    def name(self):
        if self.one_in(2):
            self.features.add("odd names")
            return self.random.choice(NAMES)
        return f"{self.random.choice(WORDS)}-{self.random.choice(WORDS)}"

    # Organizations and their accounts.

    def build_organizations(self):
        self.taken = {"123456789012"}
        largest = {"default": 4, "off": 12}.get(self.regions, 9)
        self.paths = {}
        for index in range(self.count):
            management = self.account_id()
            backend = organizations_backends[management]["aws"]
            self.next_id(self.account_id())  # moto makes a role in it, and then takes the management account's id
            backend.create_organization(region=REGION, FeatureSet="ALL")
            accounts = [backend.accounts[0]]
            for _ in range(self.random.randint(2, min(15, largest if index else largest + 2))):
                self.next_id(self.account_id())
                backend.create_account(AccountName="later", Email="someone@example.com")
                accounts.append(backend.accounts[-1])
            units = [backend.org.root_id]
            for _ in range(self.random.randint(0, 3)):
                parent = self.random.choice(units)
                unit = backend.create_organizational_unit(Name=f"unit-{len(units)}", ParentId=parent)
                units.append(unit["OrganizationalUnit"]["Id"])
            parents = {unit.id: unit.parent_id for unit in backend.ou if unit.id in units}
            for account in accounts:
                account.name = self.name()
                unit, path = self.random.choice(units), f"{account.id}/"
                backend.move_account(AccountId=account.id, SourceParentId=account.parent_id, DestinationParentId=unit)
                while unit:
                    unit, path = parents.get(unit), f"{unit}/{path}"
                self.paths[account.id] = f"{backend.org.id}/{path}"
            # moto lists by time of joining, and finds its pages by it: no two may be the same, and the management
            # account need not come first.
            self.random.shuffle(accounts)
            for minute, account in enumerate(accounts):
                account.create_time = datetime(2024, 1, 1) + timedelta(minutes=minute)
            self.organizations.append((management, backend, accounts))
        if self.count > 2:
            self.features.add("an Organization without an active tenant")
        first, _, accounts = self.organizations[0]
        members = [account.id for account in accounts if account.id != first]
        self.caller = {"management": first, "member": members[0], "tooling": self.account_id()}[self.caller_is]

    def next_id(self, account):
        organizations_utils.make_random_account_id = lambda: account

    def covered(self):
        """The Organizations that have an active tenant."""
        return self.organizations[:-1] if self.count > 2 else self.organizations

    # Roles.

    def external_id_of(self, management):
        own = {self.organizations[-1][0]: f"external-{self.seed}-of-one"} if self.seed % 3 != 2 else {}
        return own.get(management, self.external_id)

    def role(self, account, name, trusted, external_id):
        principal = {"AWS": f"arn:aws:iam::{trusted}:root"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        if external_id:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
        *path, name = name.split("/")
        iam_backends[account]["aws"].create_role(
            role_name=name,
            assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            path="/".join(["", *path, ""]),
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
        )

    def build_roles(self):
        self.role(self.caller, FUNCTION_ROLE, self.caller, None)
        inventory, via = self.member_role
        inventory = inventory or ORGANIZATION_ROLE
        via = via or ("management" if inventory == MADE_BY_AWS else "caller")
        for management, _, accounts in self.organizations:
            external_id = self.external_id_of(management)
            self.role(management, ORGANIZATION_ROLE, self.caller, external_id)
            for account in accounts:
                if account.id in (management, self.caller):
                    continue
                locked_out = self.locked_out and self.choose("a role that is missing", self.one_in(7))
                for name, through in sorted({(inventory, via), self.audit_role} - {(MADE_BY_AWS, "management")}):
                    if name != MADE_BY_AWS and not locked_out:
                        self.role(account.id, name, self.caller if through == "caller" else management, external_id)
                if locked_out:
                    roles = iam_backends[account.id]["aws"].roles
                    for role in [role for role in roles.values() if role.name == MADE_BY_AWS]:
                        del roles[role.id]

    # The tenants table.

    def build_tenants(self):
        self.table(self.caller, REGION, TABLE, [])
        active = {"tenant_type": "Cloud Usage", "tenant_status": "Active", "cloud_service_provider": "AWS"}
        items = []
        for management, _, _ in self.covered():
            item = active | {"tenant_id": management}
            external_id = self.external_id_of(management)
            if external_id and external_id != self.external_id:
                self.features.add("a tenant's own external_id")
                item["external_id"] = external_id
                self.notes["secrets"].append(external_id)
            items.append(item)
        if self.choose("TENANT_FILTER", self.seed % 5 == 1):
            items[0]["tenant_type"] = self.group
        if self.choose("duplicate tenants", self.seed % 2 == 0):
            items.append(dict(items[0]))
        for management, _, _ in self.organizations[len(self.covered()) :]:
            items.append(active | {"tenant_id": management, "tenant_status": "Inactive"})
        management, _, accounts = self.organizations[0]
        member = next(account.id for account in accounts if account.id not in (management, self.caller))
        stranger, nobody = self.account_id(), self.account_id()
        if not [role for role in iam_backends[member]["aws"].roles.values() if role.name == ORGANIZATION_ROLE]:
            self.role(member, ORGANIZATION_ROLE, self.caller, self.external_id)
        self.role(stranger, ORGANIZATION_ROLE, self.caller, self.external_id)
        odd = {
            "tenant of another type": active | {"tenant_id": stranger, "tenant_type": "Reseller"},
            "tenant of another provider": active | {"tenant_id": nobody, "cloud_service_provider": "Azure"},
            "malformed tenant_id": active | {"tenant_id": "12345"},
            "tenant_id with a space": active | {"tenant_id": f" {stranger}"},
            "missing tenant_id": active,
            "number-typed tenant_id": active | {"tenant_id": {"N": "123456789013"}},
            "number-typed status": active | {"tenant_id": nobody, "tenant_status": {"N": "1"}},
            "tenant that is a member account": active | {"tenant_id": member},
            "tenant in no Organization": active | {"tenant_id": stranger},
            "tenant without a role": active | {"tenant_id": nobody},
        }
        for feature in self.random.sample(sorted(odd), 6):
            self.features.add(feature)
            items.append(odd[feature])
        self.random.shuffle(items)
        padding = ""
        if self.choose("several Scan pages", self.seed % 3 == 2):
            padding = "x" * 350_000
            items += [active | {"tenant_status": "Inactive", "tenant_id": f"{number:012}"} for number in range(6)]
            self.random.shuffle(items)
        for number, item in enumerate(items):
            typed = {name: value if isinstance(value, dict) else {"S": value} for name, value in item.items()}
            typed |= {"record": {"S": f"record-{number}"}} | ({"padding": {"S": padding}} if padding else {})
            dynamodb_backends[self.caller][REGION].put_item(TABLE, typed)

    # moto's own code.

    def close_the_gaps(self):
        if self.plain:
            return
        aws_gaps.trust()
        aws_gaps.credential_reports(self.reports)
        aws_gaps.tagging(self.tagging)
        aws_gaps.pages_of_account_tags(20, self.tags_denied)
        with_paths = self.choose("Paths", self.seed % 2 == 0 or self.seed % 5 == 0)
        aws_gaps.paths_and_absent_fields(self.paths if with_paths else {})
        if self.short_pages:
            aws_gaps.short_pages_of_accounts(self.random.choice([2, 3]), self.empty_pages)
        if self.regions == "listed":
            aws_gaps.list_regions(self.region_states, self.regions_denied)

    def describe(self, endpoint):
        """The object that tests read."""
        role = sts_backends[self.caller]["aws"].assume_role(
            region_name=REGION,
            role_session_name="a-function",
            role_arn=f"arn:aws:iam::{self.caller}:role/{FUNCTION_ROLE}",
            policy=None,
            duration=43200,
            external_id=None,
        )
        given = settings(self)
        covered = self.covered()
        return {
            "endpoint": endpoint,
            "region": REGION,
            "credentials": {
                "access_key_id": role.access_key_id,
                "secret_access_key": role.secret_access_key,
                "session_token": role.session_token,
            },
            "bucket": self.bucket,
            "scheduled_time": SCHEDULED_TIME,
            "settings": given,
            "accounts": sorted(account.id for _, _, accounts in covered for account in accounts),
            "notes": self.notes
            | {
                "caller": self.caller,
                "features": sorted(self.features),
                "organizations": [
                    {"management_account_id": management, "accounts": sorted(account.id for account in accounts)}
                    for management, _, accounts in self.organizations
                ],
            },
        }
