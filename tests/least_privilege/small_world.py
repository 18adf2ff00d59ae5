"""A world as small as shows every permission: three Organizations with a handful of accounts.

One run over it takes about a second, so that every permission can be taken away in turn. Among its accounts are those
that need each permission: reports that IAM has and such that it has to make, one that is none, regions that are enabled
by default and one that is not, tags, and reports so large that they are uploaded in parts.
"""

import datetime

import builder
import iam_report
import people
import world

# A table without the tenant whose reports are large.
SMALL_TENANTS = f"{world.TABLE}-fan-out"
EXTERNAL_ID = "least-privilege-1f0a"
# A region that accounts have to enable, so that only account:ListRegions tells of it.
OPTED_IN = "af-south-1"
HELD = people.Root()
FIRST_DAY = datetime.datetime(2026, 11, 21, tzinfo=datetime.timezone.utc)
MALFORMED = "user,arn\nthis is no report"
# S3 takes objects in parts from here on.
PART = 16 * 1024 * 1024
# As long as the path of a user may be.
LONG_PATH = "/" + "long-path-of-a-large-company/" * 17


def account(letter, index, **fields):
    return world.Account(id=world.number(f"least privilege {letter} {index}"), name=f"{letter}-{index}", **fields)


def organizations():
    """The Organizations by letter. The functions live in the management account of the first."""
    places = (("us-east-1", "sqs"), (OPTED_IN, "sqs"))
    tags = {"environment": "production", "aide-id": "AIDE_1"}
    users = (people.USERS[1], people.USERS[3])
    own = [
        account("A", 0, tags=tags, resources=places, users=users),
        account("A", 1, tags=tags, resources=places, users=users, root=HELD),
        account("A", 2, users=users),
        account("A", 3, tags=tags, root=HELD),
    ]
    other = [account("B", 0, tags=tags, resources=places, users=users), account("B", 1, tags=tags, resources=places)]
    large = [account("C", 0, root=HELD), account("C", 1, root=HELD), account("C", 2, root=HELD)]
    made = {"A": own, "B": other, "C": large}
    return {
        letter: world.Organization(f"o-least{letter.lower()}{world.number(letter, 5)}", accounts, EXTERNAL_ID)
        for letter, accounts in made.items()
    }


class Builder(builder.Builder):
    """Builds it. Roles are no part of it: they come from the templates."""

    def _roles(self, tenant, account, callers):
        pass

    def _edit_iam(self, stores):
        planted = {
            self.organizations["A"].accounts[3].id: MALFORMED,
            self.organizations["C"].accounts[0].id: large_report(self.organizations["C"].accounts[0]),
        }
        for one in self.accounts():
            arns = {user: stores["users"][builder.scoped(one.id, user.name)]["Arn"] for user in one.users}
            if one.root:
                stores["credential_reports"][builder.scoped(one.id, "report")] = {
                    "content": planted.get(one.id) or iam_report.text(one, arns, self.calendar),
                    "generated_time": iam_report.written(self.calendar.now),
                }

    def build_resources_and_tables(self):
        self.each(self._resources, self.accounts())
        # A tag in place of a hundred thousand accounts: it makes the inventory as large.
        large = self.organizations["C"]
        self.client("organizations", large.management.id).tag_resource(
            ResourceId=large.members[0].id, Tags=builder.tags({"environment": "x" * PART})
        )
        self._table(world.TABLE, self.organizations.values())
        self._table(SMALL_TENANTS, [one for one in self.organizations.values() if one is not large])

    def _table(self, name, tenants):
        self.make_table(name, "tenant_id")
        self.put_tenants(name, [{**world.ACTIVE, "tenant_id": one.management.id} for one in tenants])


def large_report(one):
    """A report of more than a part, each of whose users is a finding."""
    user = people.User("user", 60, password=True, signed_in=2)
    arns = {user: f"arn:aws:iam::{one.id}:user/user"}
    header, root, row = iam_report.text(one, arns, iam_report.Calendar(FIRST_DAY, FIRST_DAY)).splitlines()
    row = row.replace(":user/user", f":user{LONG_PATH}@").replace("user,", "@,", 1)
    rows = [row.replace("@", f"user-{number}") for number in range(PART // len(row) + 1)]
    return "\n".join([header, root, *rows])
