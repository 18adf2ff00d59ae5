"""One account's credential report with boto3, and the merged CSV: what both Python contenders have in common."""

import csv
import io
import pathlib
import time
from types import TracebackType
from typing import Any, Self

# AWS makes most reports within seconds. The first wait is that of the scripts this one stands for; they give up after
# it, while a script that is to have every account asks again.
FIRST_WAIT_SECONDS = 2
WAIT_SECONDS = 1


def fetch_report(iam: Any) -> bytes:
    """The credential report of the client's account, made now where AWS has none."""
    if iam.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(FIRST_WAIT_SECONDS)
    while True:
        try:
            return iam.get_credential_report()["Content"]
        except iam.exceptions.CredentialReportNotReadyException:
            time.sleep(WAIT_SECONDS)


class MergedCsv:
    """The merged CSV, written account by account; a context manager. The header comes from the first report."""

    def __init__(self, path: pathlib.Path) -> None:
        self._file = open(path, "w", encoding="utf-8", newline="")  # noqa: SIM115 - closed by the context manager
        self._writer = csv.writer(self._file)
        self._header_written = False

    def add(self, account_id: str, account_name: str, report: bytes) -> None:
        """Adds the rows of one account."""
        header, *rows = csv.reader(io.StringIO(report.decode(), newline=""))
        if not self._header_written:
            self._writer.writerow(["account_id", "account_name", *header])
            self._header_written = True
        self._writer.writerows([account_id, account_name, *row] for row in rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def done(account_id: str) -> None:
    """Says that an account is done, for whoever counts."""
    print(account_id, flush=True)
