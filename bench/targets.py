"""What the project promises to reach, each held against what was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contenders import DEADLINE_SECONDS, FUNCTIONS
from limits import JOB, LARGEST_SIZE, SIZE, Limit
from lines import Line, find
from start import StartLine

MEGABYTE = 1_000_000
SMALLER_SIZE = 1_000

# What AWS lets one caller list ("Quotas for AWS Organizations"), 20 accounts a page: the least time a run can take.
PAGE_ACCOUNTS = 20
PAGES_PER_SECOND = 8
BURST_PAGES = 12

HELD, MISSED, NOT_MEASURED = "held", "missed", "not measured"


@dataclass(frozen=True)
class Target:
    """One promise."""

    what: str
    limit: str
    measured: str
    verdict: str


@dataclass(frozen=True)
class Results:
    """Everything that was measured."""

    lines: Sequence[Line]
    limits: Sequence[Limit]
    starts: Sequence[StartLine]

    def line(self, contender: str, size: int, quotas: bool) -> Line | None:
        return find(self.lines, contender, size, quotas)

    def limit(self, name: str) -> Limit | None:
        return next((limit for limit in self.limits if limit.name == name and limit.line.measured), None)


def floor_seconds(accounts: int) -> float:
    """How long listing so many accounts takes at least."""
    pages = -(-accounts // PAGE_ACCOUNTS)
    return max(0.0, (pages - BURST_PAGES) / PAGES_PER_SECOND)


def at_most(what: str, value: float | None, limit: float, show: Callable[[float], str]) -> Target:
    """A figure that must not be larger."""
    return judged(what, f"at most {show(limit)}", value, value is not None and value <= limit, show)


def at_least(what: str, value: float | None, limit: float, show: Callable[[float], str]) -> Target:
    """A figure that must not be smaller."""
    return judged(what, f"at least {show(limit)}", value, value is not None and value >= limit, show)


def judged(what: str, limit: str, value: float | None, good: bool, show: Callable[[float], str]) -> Target:
    """A figure beside what it must be."""
    if value is None:
        return Target(what, limit, "", NOT_MEASURED)
    return Target(what, limit, show(value), HELD if good else MISSED)


def targets(results: Results) -> list[Target]:
    """All of them, in the order in which they are told."""
    return [
        *wall_targets(results),
        *rate_targets(results),
        *memory_targets(results),
        *limit_targets(results),
        *call_targets(results),
        *start_targets(results),
    ]


def wall_targets(results: Results) -> list[Target]:
    """How near to the least possible time a run is that AWS's quotas bound."""
    floor = floor_seconds(SIZE)
    found = []
    for function, limit in (("credential-report", 1.15), ("account-metadata", 1.6)):
        line = results.line(function, SIZE, quotas=True)
        what = f"{function}, {SIZE:,} accounts, quotas on: wall time ÷ {floor:.0f} s, the time listing takes at least"
        found.append(at_most(what, line and line.wall_seconds / floor, limit, times))
    return found


def rate_targets(results: Results) -> list[Target]:
    """How many times as fast as botocove, without quotas."""
    peer = results.line("botocove", SMALLER_SIZE, quotas=False)
    found = []
    for size, limit in ((SMALLER_SIZE, 30), (SIZE, 80)):
        line = results.line(JOB, size, quotas=False)
        value = line.accounts_per_second / peer.accounts_per_second if line and peer else None
        what = f"{JOB}, {size:,} accounts, quotas off: accounts per second ÷ botocove's at {SMALLER_SIZE:,}"
        found.append(at_least(what, value, limit, times))
    return found


def memory_targets(results: Results) -> list[Target]:
    """How much memory a run takes, and that it does not grow with the Organization."""
    peaks = [line.peak_rss_bytes for line in both(results, JOB, SIZE)]
    what = f"{JOB}, {SIZE:,} accounts of 6 users: peak RSS"
    found = [at_most(what, max(peaks, default=None), 100 * MEGABYTE, megabytes)]
    for function in FUNCTIONS:
        for quotas in (True, False):
            small, large = (results.line(function, size, quotas) for size in (SMALLER_SIZE, SIZE))
            growth = large.peak_rss_bytes / small.peak_rss_bytes if small and large else None
            state = "on" if quotas else "off"
            what = f"{function}, quotas {state}: peak RSS at {SIZE:,} accounts ÷ that at {SMALLER_SIZE:,}"
            found.append(at_most(what, growth, 1.3, times))
    return found


def limit_targets(results: Results) -> list[Target]:
    """The runs beyond the first table."""
    users, accounts, slow = (results.limit(name) for name in ("users", "accounts", "slow"))
    extra = None
    if slow and slow.baseline and slow.baseline.measured:
        extra = slow.line.wall_seconds - slow.baseline.wall_seconds
    return [
        at_most(
            f"{JOB}, {SIZE:,} accounts of 50 users: peak RSS",
            users and users.line.peak_rss_bytes,
            160 * MEGABYTE,
            megabytes,
        ),
        at_most(
            f"{JOB}, {LARGEST_SIZE:,} accounts, quotas on: complete within Lambda's deadline",
            accounts and accounts.line.wall_seconds,
            DEADLINE_SECONDS,
            seconds,
        ),
        at_most(
            f"{JOB}, {SIZE:,} accounts, quotas on, 3 % of which answer after 30 s: longer than without",
            extra,
            35,
            seconds,
        ),
    ]


def call_targets(results: Results) -> list[Target]:
    """What a run costs in CPU time and in refused calls."""
    cpu = [line.cpu_seconds / line.world.accounts * 1000 for line in both(results, JOB, SIZE)]
    throttled = [
        line.throttled_share
        for line in (*results.lines, *(limit.line for limit in results.limits))
        if line.measured and line.world.quotas and line.contender in FUNCTIONS
    ]
    return [
        at_most(f"{JOB}, {SIZE:,} accounts: CPU time per account", max(cpu, default=None), 2.5, milliseconds),
        judged(
            "both functions, quotas on: calls answered with a throttle, in the worst run",
            "less than 1.00 %",
            max(throttled, default=None),
            max(throttled, default=1.0) < 0.01,
            percent,
        ),
    ]


def start_targets(results: Results) -> list[Target]:
    """The start of a function beside that of Python, at both moments, and the size of its package."""
    found = []
    for start in results.starts:
        own, python = start.own, start.python
        for moment, title in (("poll", "its first poll"), ("call", "its first call to AWS")):
            ratio = python[moment].seconds / own[moment].seconds
            found.append(at_least(f"{start.function}: start to {title}, times faster than Python", ratio, 20, times))
            share = own[moment].resident_bytes / python[moment].resident_bytes
            found.append(at_most(f"{start.function}: resident at {title} ÷ Python's", share, 0.2, times))
        found.append(at_most(f"{start.function}: zip", start.package.zip_bytes, 8 * MEGABYTE, megabytes))
    return found or [Target("start of the functions", "20 times faster than Python", "", NOT_MEASURED)]


def both(results: Results, contender: str, size: int) -> list[Line]:
    """The measured lines with quotas and without."""
    found = (results.line(contender, size, quotas) for quotas in (True, False))
    return [line for line in found if line is not None]


def times(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def seconds(value: float) -> str:
    return f"{value:.1f} s"


def milliseconds(value: float) -> str:
    return f"{value:.2f} ms"


def megabytes(value: float) -> str:
    return f"{value / MEGABYTE:.1f} MB"


def percent(value: float) -> str:
    return f"{value * 100:.2f} %"
