"""Contender: the credential reports of an Organization with botocove, in its default of 20 threads.

botocove leaves the account it is called from alone. That one is read here with the caller's own credentials, its report
asked for before the others and fetched after them, so that it costs no time.

    with_botocove.py MERGED_CSV
"""

import pathlib
import sys

import boto3
from botocove import CoveSession, cove
from merged_csv import MergedCsv, done, fetch_report


@cove
def report_of(session: CoveSession) -> bytes:
    """Runs in every account."""
    report = fetch_report(session.client("iam"))
    done(session.session_information["Id"])
    return report


def main() -> None:
    session = boto3.Session()
    own = session.client("sts").get_caller_identity()["Account"]
    iam = session.client("iam")
    iam.generate_credential_report()
    found = report_of()
    lost = found["Exceptions"] + found["FailedAssumeRole"]
    if lost:
        sys.exit(f"{len(lost)} accounts failed, the first with {lost[0]['ExceptionDetails']!r}")
    with MergedCsv(pathlib.Path(sys.argv[1])) as merged:
        merged.add(own, "management account", fetch_report(iam))
        done(own)
        for account in found["Results"]:
            merged.add(account["Id"], account["Name"], account["Result"])


if __name__ == "__main__":
    main()
