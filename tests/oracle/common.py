"""What both oracles share: clients, the Organizations to cover, and files."""

import csv
import json
import os
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = os.environ.get("AWS_REGION", "us-east-1")
ACTIVE_TENANTS = {"tenant_type": "Cloud Usage", "tenant_status": "Active", "cloud_service_provider": "AWS"}
LEDGER = (
    "account_id account_name org_id ou_path state outcome attempts duration_ms report_generated_time regions_denied "
    "regions_not_enabled detail"
).split()


def setting(name, default=""):
    return os.environ.get(name) or default


def listed(name, default=""):
    return [part.strip() for part in setting(name, default).split(",") if part.strip()]


# One for all credentials: a session of its own would read the service descriptions again for every account.
BOTO = boto3.Session()
CONFIG = Config(retries={"total_max_attempts": 2})


class Session:
    """Credentials, and the clients made with them."""

    def __init__(self, **credentials):
        self.credentials = credentials

    def client(self, service, region=REGION):
        return BOTO.client(service, region_name=region, config=CONFIG, **self.credentials)

    def assume(self, account, role, external_id):
        arguments = {"RoleArn": f"arn:aws:iam::{account}:role/{role}", "RoleSessionName": "oracle"}
        if external_id:
            arguments["ExternalId"] = external_id
        answer = self.client("sts").assume_role(**arguments)["Credentials"]
        return Session(
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
        )


OWN = Session()
CALLER = OWN.client("sts").get_caller_identity()["Account"]


def code_of(error):
    return error.response["Error"]["Code"]


def is_denied(error):
    return code_of(error) in ("AccessDenied", "AccessDeniedException")


def pages(call, token_in, token_out, **arguments):
    """Every page of an operation, whether it has anything or not."""
    while True:
        page = call(**arguments)
        yield page
        if not page.get(token_out):
            return
        arguments[token_in] = page[token_out]


def tenants():
    """The active tenants, each with its external id."""
    wanted = json.loads(setting("TENANT_FILTER", json.dumps(ACTIVE_TENANTS)))
    found = {}
    for page in OWN.client("dynamodb").get_paginator("scan").paginate(TableName=setting("DYNAMO_TABLE_NAME")):
        for item in page["Items"]:
            values = [(item.get(name, {}).get("S"), value) for name, value in wanted.items()]
            if any(have is None or have not in ([want] if isinstance(want, str) else want) for have, want in values):
                continue
            tenant = item.get("tenant_id", {}).get("S", "")
            if len(tenant) == 12 and all(character in "0123456789" for character in tenant):
                found[tenant] = item.get("external_id", {}).get("S") or setting("EXTERNAL_ID")
    return found


class Organization:
    """One Organization, the session that sees it, and its accounts: the management account first, then by id."""

    def __init__(self, session, external_id):
        self.session, self.external_id = session, external_id
        client = session.client("organizations")
        described = client.describe_organization()["Organization"]
        self.id, self.management = described["Id"], described["MasterAccountId"]
        answers = pages(client.list_accounts, "NextToken", "NextToken", MaxResults=20)
        accounts = [account for page in answers for account in page["Accounts"]]
        # As AWS lists them, each once.
        self.listed = list(dict.fromkeys(account["Id"] for account in accounts))
        self.accounts = sorted(accounts, key=lambda account: (account["Id"] != self.management, account["Id"]))

    def enter(self, account, role, via):
        """A session in one of the accounts."""
        if account == CALLER:
            return OWN
        if account == self.management:
            return self.session
        return (self.session if via == "management" else OWN).assume(account, role, self.external_id)


def organizations():
    """Every Organization to cover. A tenant that cannot be read, or is no management account, has none."""
    if not setting("DYNAMO_TABLE_NAME"):
        return [Organization(OWN, setting("EXTERNAL_ID"))]
    found = []
    for tenant, external_id in sorted(tenants().items()):
        try:
            own = tenant == CALLER
            session = OWN if own else OWN.assume(tenant, setting("CROSS_ACCOUNT_ROLE_NAME"), external_id)
            organization = Organization(session, external_id)
        except ClientError:
            continue
        if organization.management == tenant:
            found.append(organization)
    return found


def member_role(default):
    """The role in member accounts, and whose session assumes it."""
    role = setting("MEMBER_ROLE_NAME", default)
    through_management = setting("DYNAMO_TABLE_NAME") and role == "OrganizationAccountAccessRole"
    return role, setting("MEMBER_ROLE_VIA", "management" if through_management else "caller")


def state_of(account):
    return account.get("State") or account.get("Status") or ""


def ou_path_of(account):
    path = (account.get("Paths") or [""])[0].rstrip("/").removesuffix(account["Id"]).rstrip("/")
    return f"{path}/" if path else ""


def outcome_before_entering(account):
    """What is decided by settings and state alone; none where the account is to be scanned."""
    included = listed("ACCOUNTS_INCLUDE")
    if account["Id"] in listed("ACCOUNTS_EXCLUDE") or (included and account["Id"] not in included):
        return "skipped_excluded"
    if not state_of(account):
        return "service_error"
    if state_of(account) not in ("ACTIVE", "PENDING_CLOSURE"):
        return "skipped_state"
    return None


def write(folder, name, header, rows):
    """Writes a CSV under its contract name."""
    guard = setting("CSV_FORMULA_GUARD") == "all"
    path = Path(folder, setting("OUTPUT_PREFIX") + name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        for row in rows:
            cells = [str(row.get(column, "")) for column in header]
            writer.writerow(["'" + cell if guard and cell[:1] in tuple("=+-@\t\r") else cell for cell in cells])


def write_report_and_ledger(folder, organization, report, header, rows, ledger):
    stem = stem_of(organization, report)
    write(folder, f"{stem}.csv", header, rows)
    write(folder, f"{stem}-coverage.csv", LEDGER, ledger)


def stem_of(organization, report):
    stamp = os.environ["SCHEDULED_TIME"].replace(":", "-")
    return f"aws-{organization.management}-{report}-{stamp}"


def ledger_row(organization, account, outcome, attempts, **more):
    row = {"account_id": account["Id"], "account_name": account["Name"], "org_id": organization.id}
    row |= {"ou_path": ou_path_of(account), "state": state_of(account), "outcome": outcome, "attempts": attempts}
    return row | more
