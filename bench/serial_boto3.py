"""Contender: the credential reports of an Organization, one account after the other, with boto3.

What the usual script does, as well as such a script can: one session and its loaded service models for all accounts,
boto3's own retries, the management account with the caller's own credentials, and every report waited for.

    serial_boto3.py MERGED_CSV
"""

import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import boto3
from merged_csv import MergedCsv, done, fetch_report

ROLE = "OrganizationAccountAccessRole"
SESSION_NAME = "AssumeRoleSession"


def active_accounts(organizations: Any) -> Iterator[dict[str, Any]]:
    """The accounts that can be entered, page by page."""
    for page in organizations.get_paginator("list_accounts").paginate():
        yield from (account for account in page["Accounts"] if account["State"] == "ACTIVE")


def iam_of(session: boto3.Session, sts: Any, account_id: str) -> Any:
    """An IAM client in the account."""
    role = f"arn:aws:iam::{account_id}:role/{ROLE}"
    credentials = sts.assume_role(RoleArn=role, RoleSessionName=SESSION_NAME)["Credentials"]
    return session.client(
        "iam",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def main() -> None:
    session = boto3.Session()
    sts = session.client("sts")
    own = sts.get_caller_identity()["Account"]
    accounts = list(active_accounts(session.client("organizations")))
    with MergedCsv(pathlib.Path(sys.argv[1])) as merged:
        for account in accounts:
            account_id = account["Id"]
            iam = session.client("iam") if account_id == own else iam_of(session, sts, account_id)
            merged.add(account_id, account["Name"], fetch_report(iam))
            done(account_id)


if __name__ == "__main__":
    main()
