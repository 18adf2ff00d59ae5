"""Runs beyond the first table: large reports, a very large Organization, slow accounts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lines import Line, find
from simulation import World
from sweep import Plan, measure

JOB = "credential-report"
SIZE = 10_000
LARGEST_SIZE = 50_000
MANY_USERS = 50
SLOW_SHARE = 0.03
SLOW_SECONDS = 30.0


@dataclass(frozen=True)
class Limit:
    """One such run; `baseline` is what it is compared with."""

    name: str
    title: str
    line: Line
    baseline: Line | None = None


def measure_limits(plan: Plan, lines: Sequence[Line]) -> Iterator[Limit]:
    """Every wanted one, each run once. The slow accounts are compared with the line of the first table."""
    base = World(SIZE, quotas=True, generation_seconds=plan.generation_seconds)
    worlds = {
        "users": (f"{SIZE:,} accounts of {MANY_USERS} users", replace(base, users=MANY_USERS, quotas=False)),
        "accounts": (f"{LARGEST_SIZE:,} accounts", replace(base, accounts=LARGEST_SIZE)),
        "slow": (
            f"{SIZE:,} accounts, {SLOW_SHARE * 100:.0f} % of which answer after {SLOW_SECONDS:.0f} s",
            replace(base, slow_share=SLOW_SHARE, slow_seconds=SLOW_SECONDS),
        ),
    }
    for name, (title, world) in worlds.items():
        if not plan.wanted(f"limits/{name}"):
            continue
        baseline = None
        if name == "slow":
            baseline = find(lines, JOB, SIZE, quotas=True) or measure(plan, JOB, base, 1)
        plan.say(title)
        yield Limit(name, title, measure(plan, JOB, world, 1), baseline)
