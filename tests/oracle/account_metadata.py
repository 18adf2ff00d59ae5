"""The inventory that account-metadata should write, derived from the API alone.

    account_metadata.py OUT_DIR
"""

import json
import sys

from botocore.exceptions import ClientError
from common import (
    code_of, is_denied, ledger_row, listed, member_role, organizations, outcome_before_entering, pages, setting,
    state_of, write_report_and_ledger,
)

COLUMNS = (
    "Account_Id Account_Name Org_ID Tenant_Name CSP Billing_Account_State Region_Group Regions Tenant_ID Environment "
    "Aide_ID"
).split()
DEFAULT_REGIONS = (
    "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-west-1 eu-west-2 eu-west-3 eu-central-1 "
    "eu-north-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2 ap-south-1"
).split()
DEFAULT_GROUPS = {
    "BR": ["sa-east-1"], "EU": ["eu-north-1", "eu-west-1"], "UK": ["eu-west-2"],
    "US": ["us-east-1", "us-east-2", "us-west-1", "us-west-2"],
}


def tags_of_accounts(organization):
    """Account id → tags; none where they could not be read."""
    source = setting("TAG_SOURCE", "auto")
    asked = [one["Id"] for one in organization.accounts if outcome_before_entering(one) != "skipped_excluded"]
    bulk, limit = {}, int(setting("TAG_VERIFY_LIMIT", "500"))
    if source != "organizations":
        call = organization.session.client("resourcegroupstaggingapi", "us-east-1").get_resources
        arguments = {"ResourceTypeFilters": ["organizations:account"], "ResourcesPerPage": 100}
        try:
            for page in pages(call, "PaginationToken", "PaginationToken", **arguments):
                for resource in page["ResourceTagMappingList"]:
                    bulk[resource["ResourceARN"].split("/")[-1]] = as_dict(resource["Tags"])
        except ClientError:
            limit = len(asked)
            if source == "tagging":
                return dict.fromkeys(asked)
    else:
        limit = len(asked)
    tags = {account: bulk.get(account, {}) for account in asked}
    if source != "tagging":
        call = organization.session.client("organizations").list_tags_for_resource
        not_in_bulk = [account for account in organization.listed if account in asked and account not in bulk]
        for account in not_in_bulk[:limit]:
            try:
                answers = list(pages(call, "NextToken", "NextToken", ResourceId=account))
                tags[account] = as_dict([tag for page in answers for tag in page["Tags"]])
            except ClientError:
                tags[account] = None
    return tags


def as_dict(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def value_of(tags, wanted_keys):
    for wanted in wanted_keys:
        for key in sorted(tags):
            if ascii_lower(key) == ascii_lower(wanted):
                return tags[key]
    return ""


def ascii_lower(text):
    return text.encode().lower()


def enabled_regions(session):
    """The regions to ask, and whether it is known that these are the ones."""
    call, regions = session.client("account").list_regions, []
    try:
        for page in pages(call, "NextToken", "NextToken", MaxResults=50):
            regions += [
                region["RegionName"]
                for region in page["Regions"]
                if region["RegionOptStatus"] in ("ENABLED", "ENABLED_BY_DEFAULT")
            ]
        return regions, True
    except ClientError as error:
        return DEFAULT_REGIONS, is_denied(error)


def is_active(session, region):
    arguments = {"ResourcesPerPage": 100}
    if listed("RESOURCE_TYPES"):
        arguments["ResourceTypeFilters"] = listed("RESOURCE_TYPES")
    call = session.client("resourcegroupstaggingapi", region).get_resources
    for page in pages(call, "PaginationToken", "PaginationToken", **arguments):
        for resource in page["ResourceTagMappingList"]:
            _, _, service, of_arn = resource["ResourceARN"].split(":")[:4]
            if of_arn == region or (service == "s3" and not of_arn):
                return True
    return False


def scan(organization, account):
    """The outcome of an account that is to be scanned, its active regions, and what the ledger says of its regions."""
    if setting("REGION_DETECTION", "on") == "off":
        return "reported", [], {}
    role, via = member_role(setting("CROSS_ACCOUNT_ROLE_NAME"))
    try:
        session = organization.enter(account["Id"], role, via)
    except ClientError:
        return "assume_denied", [], {}
    regions, certain = (listed("REGIONS"), True) if listed("REGIONS") else enabled_regions(session)
    active, denied, not_enabled = [], [], []
    for region in sorted(set(regions)):
        try:
            if is_active(session, region):
                active.append(region)
        except ClientError as error:
            if is_denied(error):
                denied.append(region)
            elif code_of(error) in ("UnrecognizedClientException", "InvalidClientTokenId"):
                not_enabled.append(region)
            else:
                certain = False
    unanswered = len(denied) + len(not_enabled) == len(set(regions))
    outcome = "denied" if denied and unanswered else "reported" if certain else "reported_partially"
    return outcome, active, {"regions_denied": ",".join(denied), "regions_not_enabled": ",".join(not_enabled)}


def group_of(active):
    groups = json.loads(setting("REGION_GROUPS", json.dumps(DEFAULT_GROUPS)))
    names = [name for name, regions in groups.items() if set(regions) & set(active)]
    return "multi" if len(names) > 1 else "".join(names)


def inventory(organization):
    tags, rows, ledger = tags_of_accounts(organization), [], []
    for account in organization.accounts:
        outcome, attempts, active, of_regions = outcome_before_entering(account), 0, [], {}
        if not outcome:
            attempts = 1
            outcome, active, of_regions = scan(organization, account)
        own_tags = tags.get(account["Id"], {})
        if own_tags is None and outcome == "reported":
            outcome = "reported_partially"
        rows.append({
            "Account_Id": account["Id"],
            "Account_Name": account["Name"],
            "Org_ID": organization.id,
            "Tenant_Name": organization.management,
            "CSP": "AWS",
            "Billing_Account_State": state_of(account),
            "Region_Group": group_of(active),
            "Regions": ",".join(active),
            "Tenant_ID": organization.management,
            "Environment": value_of(own_tags or {}, listed("ENVIRONMENT_TAG_KEYS", "environment,env")),
            "Aide_ID": value_of(own_tags or {}, listed("AIDE_ID_TAG_KEYS", "aide-id,aide_id,aideid")),
        })
        ledger.append(ledger_row(organization, account, outcome, attempts, **of_regions))
    return rows, ledger


def main(folder):
    for organization in organizations():
        rows, ledger = inventory(organization)
        write_report_and_ledger(folder, organization, "account-metadata-report", COLUMNS, rows, ledger)


if __name__ == "__main__":
    main(sys.argv[1])
