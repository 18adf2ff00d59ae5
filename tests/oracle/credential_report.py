"""The merged report that credential-report should write and its findings, derived from the API alone.

    credential_report.py OUT_DIR [BEFORE_DIR]

BEFORE_DIR has the objects of the bucket before the run (fetch.py); without it there was none. Of texts whose wording is
not derived, the findings, the page and the OCSF lines have what compare.py needs to look for.
"""

import csv
import io
import json
import os
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from botocore.exceptions import ClientError
from common import (
    OWN, code_of, is_denied, ledger_row, member_role, organizations, ou_path_of, outcome_before_entering, setting,
    state_of, stem_of, write, write_report_and_ledger,
)
from findings import FIRST, UNKNOWN, Criteria, findings_of, line_of, read_exemptions, read_findings, time_of

LEADING = "account_id account_name org_id ou_path account_state report_generated_time".split()
KNOWN = (
    "user arn user_creation_time password_enabled password_last_used password_last_changed password_next_rotation "
    "mfa_active access_key_1_active access_key_1_last_rotated access_key_1_last_used_date "
    "access_key_1_last_used_region access_key_1_last_used_service access_key_2_active access_key_2_last_rotated "
    "access_key_2_last_used_date access_key_2_last_used_region access_key_2_last_used_service "
    "cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated"
).split()
NEWER = "additional_credentials_info"
FINDINGS = (
    "account_id account_name ou_path user user_arn rule title credential severity cis status since age_days detail "
    "remedy covered"
).split()
SEVERITIES = ("critical", "high", "medium", "low")
# Runs that the trend keeps.
MOST_RUNS = 400
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


def write_bytes(folder, name, content):
    path = Path(folder, setting("OUTPUT_PREFIX") + name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def keep_malformed(folder, organization, account, content):
    write_bytes(folder, f"malformed/{stem_of(organization, 'credential-report')}-{account['Id']}", content)


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


def exemptions(folder):
    """The list of exemptions. One that lies among the reports is an object that has to stay there."""
    location = setting("EXEMPTIONS")
    if not location.startswith("s3://"):
        return read_exemptions(Path(location).read_bytes()) if location else []
    bucket, key = location.removeprefix("s3://").split("/", 1)
    try:
        content = OWN.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError:
        return []
    if bucket == setting("OUTPUT_BUCKET"):
        path = Path(folder, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return read_exemptions(content)


def before_run(folder, name):
    """An object that was there before the run; none where it was not."""
    path = Path(folder, setting("OUTPUT_PREFIX") + name) if folder else None
    return path.read_bytes() if path and path.exists() else None


def runs_before(content):
    """The runs of a trend; none where it is broken."""
    try:
        runs = json.loads(content)["runs"]
        return runs if all(time_of(run["time"]) for run in runs) else []
    except (ValueError, KeyError, TypeError):
        return []


def previous_findings(content, trend, as_of):
    """What to compare with, given the newest findings and the trend: those of a run that is older than this one."""
    if any(time_of(run["time"]) >= as_of for run in runs_before(trend)):
        return UNKNOWN
    if content is None:
        return FIRST if trend is None else UNKNOWN
    return read_findings(content)


def write_findings(folder, before, organization, rows, ledger, exempted):
    management, stem = organization.management, stem_of(organization, "credential-report")
    as_of = time_of(os.environ["SCHEDULED_TIME"])
    days = [int(setting(*one)) for one in (("UNUSED_DAYS", "45"), ("KEY_ROTATION_DAYS", "90"), ("ROOT_USE_DAYS", "1"))]
    trend = before_run(before, f"aws-{management}-findings-trend.json")
    latest = before_run(before, f"aws-{management}-findings-latest.jsonl")
    previous = previous_findings(latest, trend, as_of)
    found = findings_of(rows, Criteria(as_of, setting("CIS_VERSION", "7.0.0"), *days), previous, exempted, ledger)

    lines = "".join(map(line_of, found))
    write_bytes(folder, f"{stem_of(organization, 'findings')}.jsonl", lines.encode())
    write(folder, f"{stem}-findings.csv", FINDINGS, map(table_row, found))
    write_bytes(folder, f"{stem}-findings.ocsf.jsonl", lines.encode())
    write_bytes(folder, f"{stem}.html", b"")
    runs = runs_before(trend)
    if all(time_of(run["time"]) < as_of for run in runs):
        runs = [*runs, trend_run(found, is_compared=isinstance(previous, list))][-MOST_RUNS:]
    write_bytes(folder, f"aws-{management}-findings-trend.json", json.dumps({"runs": runs}).encode())


def table_row(finding):
    return finding | {"cis": finding["cis"] or "", "covered": "false" if "covered" in finding else "true"}


def trend_run(found, is_compared):
    def count(status):
        return sum(one["status"] == status for one in found)

    to_act_on = [one["severity"] for one in found if one["status"] in ("new", "open")]
    run = {"time": os.environ["SCHEDULED_TIME"]}
    run |= {severity: to_act_on.count(severity) for severity in SEVERITIES}
    run |= {status: count(status) if is_compared else None for status in ("new", "resolved")}
    return run | {"exempted": count("exempted")}


def main(folder, before=None):
    exempted = exemptions(folder)
    for organization in organizations():
        rows, ledger = audit(folder, organization)
        write_report_and_ledger(folder, organization, "credential-report", columns_of(rows), rows, ledger)
        write_findings(folder, before, organization, rows, ledger, exempted)


if __name__ == "__main__":
    main(*sys.argv[1:])
