"""The merged report that credential-report should write, derived from the API alone.

    credential_report.py OUT_DIR
"""

import csv
import io
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from botocore.exceptions import ClientError
from common import (
    code_of, is_denied, ledger_row, member_role, organizations, ou_path_of, outcome_before_entering, setting, state_of,
    stem_of, write_report_and_ledger,
)

LEADING = "account_id account_name org_id ou_path account_state report_generated_time".split()
KNOWN = (
    "user arn user_creation_time password_enabled password_last_used password_last_changed password_next_rotation "
    "mfa_active access_key_1_active access_key_1_last_rotated access_key_1_last_used_date "
    "access_key_1_last_used_region access_key_1_last_used_service access_key_2_active access_key_2_last_rotated "
    "access_key_2_last_used_date access_key_2_last_used_region access_key_2_last_used_service "
    "cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated"
).split()
NEWER = "additional_credentials_info"
NOT_READY = ("ReportNotPresent", "ReportExpired", "ReportInProgress")


def fetch(iam):
    """The report of an account and when it was made: the one there is where it is fresh, else a new one."""
    try:
        answer = iam.get_credential_report()
        if datetime.now(timezone.utc) - answer["GeneratedTime"] < timedelta(hours=4):
            return answer["Content"], answer["GeneratedTime"]
    except ClientError as error:
        if code_of(error) not in NOT_READY:
            raise
    iam.generate_credential_report()
    for _ in range(300):
        try:
            answer = iam.get_credential_report()
            return answer["Content"], answer["GeneratedTime"]
        except ClientError as error:
            if code_of(error) not in NOT_READY:
                raise
            time.sleep(0.2)
    raise TimeoutError("no report after a minute")


def parse(content):
    """The records of a report by column name; none where it is no report."""
    try:
        header, *records = [record for record in csv.reader(io.StringIO(content.decode(), newline="")) if record]
    except (UnicodeDecodeError, ValueError):
        return None
    if not {"user", "arn"} <= set(header) or any(len(record) != len(header) for record in records):
        return None
    return [dict(zip(header, record)) for record in records]


def scan(organization, account):
    """The outcome of an account that is to be scanned, its report's bytes, and when that was made."""
    try:
        session = organization.enter(account["Id"], *member_role("OrganizationAccountAccessRole"))
    except ClientError:
        return "assume_denied", None, ""
    try:
        content, generated = fetch(session.client("iam"))
    except ClientError as error:
        return "denied" if is_denied(error) else "service_error", None, ""
    outcome = "malformed_report" if parse(content) is None else "reported"
    return outcome, content, generated.strftime("%Y-%m-%dT%H:%M:%SZ")


def keep_malformed(folder, organization, account, content):
    name = f"malformed/{stem_of(organization, 'credential-report')}-{account['Id']}"
    path = Path(folder, setting("OUTPUT_PREFIX") + name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def audit(folder, organization):
    rows, ledger = [], []
    for account in organization.accounts:
        outcome, attempts, generated = outcome_before_entering(account), 0, ""
        if not outcome:
            attempts = 1
            outcome, content, generated = scan(organization, account)
            if outcome == "service_error":
                attempts = 2  # The end of the run tries once more what is not final.
            if outcome == "malformed_report":
                keep_malformed(folder, organization, account, content)
            if outcome == "reported":
                leading = [account["Id"], account["Name"], organization.id, ou_path_of(account), state_of(account)]
                rows += [dict(zip(LEADING, [*leading, generated])) | record for record in parse(content)]
        ledger.append(ledger_row(organization, account, outcome, attempts, report_generated_time=generated))
    return rows, ledger


def columns_of(rows):
    found = {column for row in rows for column in row}
    newer = [NEWER] if NEWER in found else []
    return [*LEADING, *KNOWN, *newer, *sorted(found - {*LEADING, *KNOWN, NEWER})]


def main(folder):
    for organization in organizations():
        rows, ledger = audit(folder, organization)
        write_report_and_ledger(folder, organization, "credential-report", columns_of(rows), rows, ledger)


if __name__ == "__main__":
    main(sys.argv[1])
