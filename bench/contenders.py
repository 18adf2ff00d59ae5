"""The contenders: this project's functions under a runtime API, and Python scripts; one measured run of each."""

import collections
import csv
import pathlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from measure import Failed, Process, clean_environment, memory
from runtime_api import Answer, RuntimeApi
from simulation import Counts, Simulation, World

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
BINARIES = ROOT / "target" / "release"
FUNCTIONS = ("credential-report", "account-metadata")
SCRIPTS = {"serial boto3": "serial_boto3.py", "botocove": "with_botocove.py"}
CONTENDERS = (*FUNCTIONS, *SCRIPTS)

# What Lambda gives a function at most, and the memory of template.yaml.
DEADLINE_SECONDS = 900
MEMORY_MB = 1769
# The column in which each CSV says whose row it is.
ACCOUNT_COLUMNS = dict.fromkeys(CONTENDERS, "account_id") | {"account-metadata": "Account_Id"}
ANSWER_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Run:
    """What one run did and what it cost."""

    accounts: int
    wall_seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    counts: Counts
    stopped: bool = False
    csv_bytes: int = 0

    @property
    def accounts_per_second(self) -> float:
        return self.accounts / self.wall_seconds

    @property
    def calls_per_account(self) -> float:
        return self.counts.calls / self.accounts if self.accounts else 0.0

    @property
    def throttled_share(self) -> float:
        return self.counts.throttled / self.counts.calls if self.counts.calls else 0.0


def binary(name: str) -> pathlib.Path:
    """A program as `make build` leaves it."""
    path = BINARIES / name
    if not path.is_file():
        raise Failed(f"{path.relative_to(ROOT)} is missing: run make build")
    return path


def function_environment(function: str, folder: pathlib.Path, runtime_api: str, endpoint: str) -> dict[str, str]:
    """What Lambda sets, and the function's settings."""
    environment = clean_environment(folder) | {
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY_MB),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_ENDPOINT_URL": endpoint,
        "OUTPUT_BUCKET": "benchmark-reports",
    }
    if function == "account-metadata":
        environment |= {"DYNAMO_TABLE_NAME": "tenants", "CROSS_ACCOUNT_ROLE_NAME": "OrganizationReader"}
    return environment


def run_function(function: str, simulation: Simulation, folder: pathlib.Path) -> Run:
    """One invocation in a new process: from its start to its answer."""
    with RuntimeApi(function, DEADLINE_SECONDS) as runtime_api:
        environment = function_environment(function, folder, runtime_api.address, simulation.url)
        if not simulation.world.quotas:
            environment["QUOTA_PERCENT"] = "10000"
        with Process([str(binary(function))], environment, folder, function) as process:
            answer = answer_of(process, runtime_api)
            peak = memory(process.pid, "VmHWM")
            usage = process.end()
    counts = simulation.counts()
    key = report_of(function, answer.body, simulation.world.accounts)
    return Run(
        accounts=simulation.world.accounts,
        wall_seconds=answer.at - process.started,
        cpu_seconds=usage.cpu_seconds,
        peak_rss_bytes=peak,
        counts=counts,
        csv_bytes=check_rows(function, simulation.read(key), simulation.world),
    )


def answer_of(process: Process, runtime_api: RuntimeApi) -> Answer:
    """The function's answer; an error of any kind is no measurement."""
    while (answer := runtime_api.answer(ANSWER_POLL_SECONDS)) is None:
        if process.ended():
            raise Failed(f"{process.name} ended without an answer:\n{process.log_end()}")
        if process.age() > DEADLINE_SECONDS:
            raise Failed(f"{process.name} did not answer within {DEADLINE_SECONDS} s:\n{process.log_end()}")
    if answer.kind != "response":
        raise Failed(f"{process.name} answered with an {answer.kind}: {answer.body}\n{process.log_end()}")
    return answer


def report_of(function: str, summary: Any, size: int) -> str:
    """Where a run that covered everything put its CSV; a run that did not is no measurement."""
    try:
        (organization,) = summary["organizations"]
        accounts = organization["accounts"]
        complete = summary["status"] == "complete" and accounts["listed"] == accounts["reported"] == size
        report = organization["report"]
    except (KeyError, TypeError, ValueError) as error:
        raise Failed(f"{function} answered no summary of one Organization: {summary}") from error
    if not complete:
        raise Failed(f"{function} did not report {size} accounts in full: {summary}")
    return report.removeprefix("s3://")


def run_script(contender: str, simulation: Simulation, folder: pathlib.Path, limit_seconds: float) -> Run:
    """One run of a Python contender: from the start of its process to its end, or to the limit."""
    merged = folder / "merged.csv"
    command = [sys.executable, str(BENCH / SCRIPTS[contender]), str(merged)]
    environment = clean_environment(folder) | {"AWS_ENDPOINT_URL": simulation.url}
    with Process(command, environment, folder, contender.replace(" ", "-")) as process:
        finished = process.wait(limit_seconds)
        wall = process.age()
        usage = process.end()
    counts = simulation.counts()
    if not finished:
        done = process.output.read_bytes().count(b"\n")
        return Run(done, wall, usage.cpu_seconds, usage.peak_rss_bytes, counts, stopped=True)
    if usage.exit_code != 0:
        raise Failed(f"{contender} failed with exit code {usage.exit_code}:\n{process.log_end()}")
    with open(merged, "rb") as lines:
        size = check_rows(contender, lines, simulation.world)
    return Run(simulation.world.accounts, wall, usage.cpu_seconds, usage.peak_rss_bytes, counts, csv_bytes=size)


def check_rows(contender: str, lines: Iterable[bytes], world: World) -> int:
    """Reads a CSV, which must have every account with every row, and answers its size."""
    size = 0

    def decoded() -> Iterator[str]:
        nonlocal size
        for line in lines:
            size += len(line)
            yield line.decode()

    rows = csv.reader(decoded())
    header = next(rows, [])
    if ACCOUNT_COLUMNS[contender] not in header:
        raise Failed(f"the CSV of {contender} has no column {ACCOUNT_COLUMNS[contender]}: {header}")
    column = header.index(ACCOUNT_COLUMNS[contender])
    per_account = collections.Counter(row[column] for row in rows)
    expected = 1 if contender == "account-metadata" else 1 + world.users
    short = sum(1 for number in per_account.values() if number != expected)
    if short or len(per_account) != world.accounts:
        raise Failed(
            f"the CSV of {contender} has {len(per_account)} of {world.accounts} accounts, "
            f"{short} of them with another number of rows than {expected}"
        )
    return size
