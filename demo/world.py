"""The world of the demo, as plain data: three Organizations, their accounts and resources, and a tenants table.

Everything follows from this file and people.py, so that the same day is the same world in every run: account ids, dates
and all.
"""

import dataclasses
import datetime
import hashlib

import people

REGION = "us-east-1"
MEMBER_ROLE = "OrgReportReader"
MANAGEMENT_ROLE = "OrgReportManagement"
EXTERNAL_ID = "demo-7f3c41d2a9"
TABLE = "tenants"
SENDER = "aws-reports@example.com"
RECIPIENTS = ("security@example.com", "cloud-team@example.com")
OPERATOR = people.User("operator", 60, keys=(people.Key(60, used=0),))


def number(text, digits=12):
    """Digits that follow from a text, so that ids look like ids and never change."""
    return f"{int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10**digits:0{digits}d}"


@dataclasses.dataclass
class Account:
    """An account, what is in it, and what the inventory should say of it."""

    id: str
    name: str
    tags: dict = dataclasses.field(default_factory=dict)
    resources: tuple = ()  # (region, kind)
    users: tuple = ()
    root: people.Root | None = None  # none: as the emulator has it
    state: str = "ACTIVE"
    unit: str = ""
    role: str = "reader"  # reader, none, no-tagging, one-region-denied
    outcome: str = "reported"


@dataclasses.dataclass
class Organization:
    """An Organization; its management account is the first account."""

    id: str
    accounts: list
    external_id: str
    own_external_id: bool = False  # the tenant's item has it; the setting otherwise
    answers_state: bool = False  # ListAccounts answers State and Paths besides Status
    units: tuple = ()

    @property
    def management(self):
        return self.accounts[0]

    @property
    def members(self):
        return self.accounts[1:]


# Names as they come in large Organizations: separators, quotes, line breaks, formulas, markup and other scripts.
NAMES = (
    "payments-prod",
    "payments-staging",
    "Retail, EMEA",
    'The "old" data center',
    "Line one\nLine two",
    '=HYPERLINK("http://example.com/?leak","open")',
    "+1 555 0100",
    "-2+3",
    "@SUM(A1:A9)",
    "<script>alert(1)</script> & Sons",
    "数据平台",
    "Zürich größter Bereich",
    "logs; archive",
    "tab\there",
    "ends with space ",
    "R&D <sandbox>",
    "'quoted'",
    "sécurité, “audit”",
    "search-prod",
    "search-staging",
    "mobile-prod",
    "mobile-staging",
    "identity",
    "network-hub",
    "backup-vault",
    "ci-runners",
    "data-lake, raw",
    "ml-training",
    "finance",
    "support-tools",
)

# Tag keys in the spellings people use; one account in five was never tagged.
TAGS = (
    {"environment": "production", "aide-id": "AIDE_0012345"},
    {"Environment": "staging", "Aide_ID": "AIDE_0012346", "owner": "team-a"},
    {"ENV": "development", "aideid": "AIDE_0012347"},
    {"env": 'test, "manual"', "environment": "", "AIDE-ID": "=1+1"},
    {},
    {"environment": "生产", "aide_id": "AIDE_0012348", "note": "<b>bold</b>"},
)

# Where resources are; none is as common as several.
PLACES = (
    (("us-east-1", "sqs"),),
    (("us-east-1", "sns"), ("us-west-2", "dynamodb")),
    (("eu-west-1", "sqs"), ("eu-north-1", "sns")),
    (),
    (("eu-west-2", "dynamodb"),),
    (("sa-east-1", "sqs"),),
    (("us-east-2", "sqs"), ("eu-west-1", "s3"), ("ap-southeast-2", "sns")),
    (("us-east-1", "s3"),),
    (("ap-northeast-1", "sqs"),),
    (("us-east-1", "cloudfront"),),
)

def organization(letter, management_name, size, **fields):
    """An Organization of so many accounts, whose properties go round at different lengths and so meet in every way."""
    units = fields.get("units", ())
    accounts = []
    for index in range(size):
        account = Account(
            id=number(f"account {letter} {index}"),
            name=f"{NAMES[(index - 1) % len(NAMES)]}" if index else management_name,
            tags=dict(TAGS[index % len(TAGS)]),
            resources=PLACES[(index + ord(letter)) % len(PLACES)],
            users=tuple(people.USERS[(index * 3 + step) % len(people.USERS)] for step in range(index % 5)),
            root=people.ROOTS[index % len(people.ROOTS)],
            unit=units[index % len(units)] if units and index else "",
        )
        accounts.append(account)
    return Organization(id=f"o-demo{letter.lower()}{number(letter, 6)}", accounts=accounts, **fields)


def leave(account, state, outcome="skipped_state"):
    account.state, account.outcome = state, outcome


def build(day=1):
    """The three Organizations by letter, on this day. The functions live in the management account of the first."""
    first = organization("A", "Example Holdings, Inc.", 28, external_id=EXTERNAL_ID)
    first.management.users = people.USERS[:6]
    # Twelve digits are the identity, zeros in front included.
    first.members[4].id = "000000004242"
    leave(first.members[8], "SUSPENDED")
    leave(first.members[17], "SUSPENDED")
    first.members[2].role = "one-region-denied"
    people.let_days_pass(first, day)

    second = organization(
        "B",
        "Example Retail GmbH",
        24,
        external_id="tenant:retail/2b9d-77",
        own_external_id=True,
        answers_state=True,
        units=("Workloads", "Sandbox", "Security"),
    )
    leave(second.members[5], "CLOSED")
    leave(second.members[6], "SUSPENDED")
    leave(second.members[7], "PENDING_CLOSURE", "reported")
    second.members[11].role, second.members[11].outcome = "no-tagging", "denied"

    third = organization("C", "Example Labs 有限公司", 16, external_id=EXTERNAL_ID)
    leave(third.members[3], "SUSPENDED")
    third.members[9].role, third.members[9].outcome = "none", "assume_denied"
    return {"A": first, "B": second, "C": third}


def member_that_is_a_tenant(organizations):
    """A member account that the tenants table takes for a management account."""
    return organizations["C"].members[1]


# A tenant whose management account has no role for us.
WITHOUT_ROLE = number("an organization without our role")


def unreadable_tenants(organizations):
    """Tenants that have an id as it should be, and no Organization that could be read."""
    return sorted([WITHOUT_ROLE, member_that_is_a_tenant(organizations).id])


def exemptions(first_day, now):
    """The list of exempted findings: one that holds, one that has expired, one that matches nothing."""
    past = (first_day - datetime.timedelta(days=20)).date().isoformat()
    next_year = f"{now.year + 1}-12-31"
    return [
        {"user": "break-glass*", "rule": "unused-*", "reason": "tried out twice a year, SEC-204", "until": next_year},
        {"user": "legacy-batch", "rule": "key-rotation", "reason": "moves to a role, OPS-77", "until": past},
        {"account": "playground-*", "rule": "root-mfa", "reason": "root goes in spring, SEC-311", "until": next_year},
    ]


# What the filter by default lets through.
ACTIVE = {"tenant_type": "Cloud Usage", "tenant_status": "Active", "cloud_service_provider": "AWS"}


def tenant_items(organizations):
    """The tenants table, whose key is not the tenant id: so duplicates and items without one exist, as in life."""
    items = []
    for tenant in organizations.values():
        item = {**ACTIVE, "tenant_id": tenant.management.id, "tenant_name": tenant.management.name}
        if tenant.own_external_id:
            item["external_id"] = tenant.external_id
        items.append(item)
    items += [
        items[1],  # the same tenant twice
        {**ACTIVE, "tenant_id": "12345"},  # not an account id
        {**ACTIVE, "tenant_id": int(number("a number", 11))},  # a number in place of a string
        {**ACTIVE, "tenant_name": "has no id"},
        {**ACTIVE, "tenant_id": member_that_is_a_tenant(organizations).id},  # a member account
        {**ACTIVE, "tenant_id": WITHOUT_ROLE},
        {**ACTIVE, "tenant_id": number("another type"), "tenant_type": "Marketplace"},
        {**ACTIVE, "tenant_id": "8a5f6c1e-0b7d-4f5e-9f43-2f1f0c7f1f10", "cloud_service_provider": "Azure"},
        {**ACTIVE, "tenant_id": organizations["A"].members[0].id, "tenant_status": "Inactive"},
    ]
    items += [{**ACTIVE, "tenant_id": number(f"former {index}"), "tenant_status": "Inactive"} for index in range(30)]
    return [{"item_id": f"item-{index:04d}", **item} for index, item in enumerate(items)]


# How many of those items are active, on AWS, of the type, and yet no Organization to scan.
REJECTED_TENANTS = 5
