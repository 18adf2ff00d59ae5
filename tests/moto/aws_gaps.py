"""Where AWS does what moto does not: one small replacement of moto's own code per gap.

Each function here switches one on. A world that calls none of them runs on moto as it comes.
"""

import csv
import io
import json
import re
from dataclasses import dataclass, field

from moto.account import urls as account_urls
from moto.account.responses import AccountResponse
from moto.core.exceptions import ServiceException
from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse
from moto.organizations.models import FakeAccount, OrganizationsBackend, organizations_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.s3.models import s3_backends
from moto.sts.models import STSBackend

# The services whose resources the Tagging API lists in us-east-1 alone, wherever they are used.
GLOBAL_SERVICES = ("cloudfront", "route53", "iam")

COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"
    "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
).split(",")


class Refused(ServiceException):
    """An error answer. moto looks up the errors of its own modules only, so that any code can be given here."""


def paths_and_absent_fields(paths):
    """ListAccounts answers `Paths`, and leaves out a field that has no value instead of answering null."""
    original = FakeAccount.describe

    def describe(self):
        answer = {name: value for name, value in original(self).items() if value is not None}
        if self.id in paths:
            answer["Paths"] = [paths[self.id]]
        return answer

    FakeAccount.describe = describe


def short_pages_of_accounts(size, empty_pages):
    """ListAccounts answers fewer accounts than it may, and pages without any account that are not the last."""

    def list_accounts(self, max_results=None, next_token=None):
        accounts = [account.describe() for account in self.accounts]
        step = min(size, max_results or 20)
        pages = [accounts[start : start + step] for start in range(0, len(accounts), step)] or [[]]
        if empty_pages:
            pages = [[]] + [page for full in pages for page in (full, [])]
        index = int(next_token.removeprefix("page-")) if next_token else 0
        return pages[index], f"page-{index + 1}" if index + 1 < len(pages) else None

    OrganizationsBackend.list_accounts = list_accounts


def pages_of_account_tags(size, denied):
    """ListTagsForResource answers in pages, and not at all for the denied accounts."""
    original = OrganizationsBackend.list_tags_for_resource

    def list_tags_for_resource(self, **arguments):
        if arguments["ResourceId"] in denied:
            raise Refused("AccessDeniedException", "You don't have permissions to access this resource.")
        tags = original(self, **arguments)["Tags"]
        start = int(arguments.get("NextToken") or 0)
        answer = {"Tags": tags[start : start + size]}
        if start + size < len(tags):
            answer["NextToken"] = str(start + size)
        return answer

    OrganizationsBackend.list_tags_for_resource = list_tags_for_resource


@dataclass
class Tagging:
    """How GetResources answers."""

    # Account tags through `organizations:account`: "absent" as in moto, "listed" or "denied".
    account_tags: str = "absent"
    # Accounts that once had a tag and have none now: listed, without a tag.
    previously_tagged: set = field(default_factory=set)
    # Accounts whose tags have not reached the bulk listing yet.
    lagging: set = field(default_factory=set)
    # (account, region) that a service control policy denies, and that is not enabled.
    denied: set = field(default_factory=set)
    not_enabled: set = field(default_factory=set)
    # Every answer begins with an empty page and a token.
    empty_pages: bool = False


def tagging(behaviour):
    """GetResources lists buckets where they live, global resources in us-east-1, the accounts of an Organization with
    their tags, and fails where a region is denied or not enabled."""
    original_generator = ResourceGroupsTaggingAPIBackend._get_resources_generator
    original_get = ResourceGroupsTaggingAPIBackend.get_resources

    def _get_resources_generator(self, tag_filters=None, resource_type_filters=None, resource_arn_list=None):
        for resource in original_generator(self, tag_filters, resource_type_filters, resource_arn_list):
            service, name = resource.arn.split(":")[2], resource.arn.split(":")[-1]
            if service == "s3" and s3_backends[self.account_id]["aws"].buckets[name].region_name != self.region_name:
                continue
            if service in GLOBAL_SERVICES and self.region_name != "us-east-1":
                continue
            yield resource
        wanted = not resource_type_filters or "organizations:account" in resource_type_filters
        if behaviour.account_tags == "listed" and wanted and self.region_name == "us-east-1":
            for account in organizations_backends[self.account_id]["aws"].accounts:
                known = account.tags or account.id in behaviour.previously_tagged
                if known and account.id not in behaviour.lagging:
                    yield TaggedResource(account.arn, account.tags, "organizations:account")

    def get_resources(self, pagination_token=None, **arguments):
        place = (self.account_id, self.region_name)
        for_accounts = "organizations:account" in (arguments.get("resource_type_filters") or [])
        if place in behaviour.denied or (for_accounts and behaviour.account_tags == "denied"):
            raise Refused(
                "AccessDeniedException",
                "User is not authorized to perform: tag:GetResources with an explicit deny in a service control policy",
            )
        if place in behaviour.not_enabled:
            raise Refused(
                "UnrecognizedClientException", "The security token included in the request is invalid"
            )
        if behaviour.empty_pages and not pagination_token:
            return "empty-first-page", []
        if pagination_token == "empty-first-page":
            pagination_token = None
        return original_get(self, pagination_token=pagination_token, **arguments)

    ResourceGroupsTaggingAPIBackend._get_resources_generator = _get_resources_generator
    ResourceGroupsTaggingAPIBackend.get_resources = get_resources


def list_regions(states, denied):
    """account:ListRegions, in pages of three, which moto does not have at all."""

    def list_regions(self):
        if self.current_account in denied:
            raise Refused("AccessDeniedException", "User is not authorized to perform: account:ListRegions")
        wanted = self._get_param("RegionOptStatusContains")
        regions = [
            {"RegionName": name, "RegionOptStatus": status}
            for name, status in sorted(states[self.current_account].items())
            if not wanted or status in wanted
        ]
        start = int(self._get_param("NextToken") or 0)
        answer = {"Regions": regions[start : start + 3]}
        if start + 3 < len(regions):
            answer["NextToken"] = str(start + 3)
        return ActionResult(answer)

    AccountResponse.list_regions = list_regions
    account_urls.url_paths["{0}/listRegions$"] = AccountResponse.dispatch


def trust():
    """AssumeRole is denied where the role is absent, trusts another account, or wants another external id."""
    original = STSBackend.assume_role

    def assume_role(self, role_arn, external_id=None, **arguments):
        account = re.fullmatch(r"arn:aws:iam::(\d{12}):role/.+", role_arn).group(1)
        for role in iam_backends[account]["aws"].roles.values():
            if role.arn == role_arn:
                statement = json.loads(role.assume_role_policy_document)["Statement"][0]
                trusted = statement["Principal"]["AWS"] == f"arn:aws:iam::{self.account_id}:root"
                wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
                if trusted and wanted in (None, external_id):
                    return original(self, role_arn=role_arn, external_id=external_id, **arguments)
        raise Refused("AccessDenied", f"User is not authorized to perform: sts:AssumeRole on {role_arn}")

    STSBackend.assume_role = assume_role


@dataclass
class Reports:
    """How the credential reports of a world differ from moto's. Keys are account ids."""

    # Report bytes → report bytes, for the accounts that answer something else.
    changed: dict = field(default_factory=dict)
    # Answers a report of this time without being asked to generate one, and may not generate one.
    fresh: dict = field(default_factory=dict)
    # May neither get nor generate a report.
    denied: set = field(default_factory=set)
    # Answers ReportInProgress once after every Generate, ReportExpired before the first.
    slow: set = field(default_factory=set)


def credential_reports(behaviour):
    """The credential report has the row of the root user first, quotes what needs it, has no newline at its end, and
    comes with every answer that AWS documents, not only with success."""
    original_generate = IamResponse.generate_credential_report
    in_progress = set()

    def generate_credential_report(self):
        account = self.current_account
        if account in behaviour.denied or account in behaviour.fresh:
            raise Refused("AccessDenied", "User is not authorized to perform: iam:GenerateCredentialReport")
        if account in behaviour.slow:
            in_progress.add(account)
        return original_generate(self)

    def get_credential_report(self):
        account = self.current_account
        if account in behaviour.denied:
            raise Refused("AccessDenied", "User is not authorized to perform: iam:GetCredentialReport")
        if account in in_progress:
            in_progress.remove(account)
            raise Refused("ReportInProgress", "A credential report is being made")
        generated = "2015-02-02T20:02:02.789Z"
        if account in behaviour.fresh:
            generated = behaviour.fresh[account]
        elif not self.backend.report_generated():
            raise Refused("ReportExpired" if account in behaviour.slow else "ReportNotPresent", "No report")
        content = rendered(account, self.backend)
        content = behaviour.changed.get(account, lambda same: same)(content)
        return ActionResult({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": generated})

    IamResponse.generate_credential_report = generate_credential_report
    IamResponse.get_credential_report = get_credential_report


def rendered(account, backend):
    """The report of an account as AWS lays it out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    root = ["<root_account>", f"arn:aws:iam::{account}:root", "2019-01-01T00:00:00+00:00", "not_supported"]
    root += ["no_information", "not_supported", "not_supported", "true", "false"] + ["N/A"] * 4 + ["false"]
    root += ["N/A"] * 4 + ["false", "N/A", "false", "N/A"]
    writer.writerow(root)
    for user in sorted(backend.users.values(), key=lambda user: user.name.lower()):
        # moto joins the fields with commas, so that only the name and the ARN can have further ones.
        values = user.to_csv().removesuffix("\n").split(",")[-(len(COLUMNS) - 2) :]
        writer.writerow([user.name, user.arn, *values])
    return text.getvalue().removesuffix("\n").encode()

