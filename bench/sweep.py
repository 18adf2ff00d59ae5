"""Runs what the first table and the limits have: every contender at every size, with quotas and without."""

import contextlib
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from contenders import CONTENDERS, FUNCTIONS, Run, binary, run_function, run_script
from lines import Line, find
from measure import Failed
from simulation import Simulation, World

# A smaller size tells the time of a larger one roughly: what may just be too long is begun, and stopped.
OUT_OF_REACH = 2
# A serial script waits nearly all of the time, so its runs with quotas and without disturb nothing side by side.
SIDE_BY_SIDE = ("serial boto3",)


@dataclass(frozen=True)
class Plan:
    """How a benchmark is run."""

    sizes: Sequence[int]
    runs: int
    # After so long a Python contender is stopped.
    limit_seconds: float
    generation_seconds: tuple[float, float]
    # A Python contender that takes longer is run once.
    once_seconds: float
    # Answers whether a line of this name is wanted.
    wanted: Callable[[str], bool]
    # Where processes write while they run; emptied after each.
    folder: pathlib.Path
    # Takes a line of progress.
    say: Callable[[str], None]


def line_name(contender: str, world: World) -> str:
    """What a line is called on the command line."""
    return f"{contender.replace(' ', '-')}/{'on' if world.quotas else 'off'}/{world.accounts}"


def described(contender: str, world: World) -> str:
    """The line's name in progress."""
    return f"{contender}, quotas {'on' if world.quotas else 'off'}, {world.accounts:,} accounts"


def measure_lines(plan: Plan) -> Iterator[Line]:
    """Every wanted line of the first table, smaller sizes first: they say which larger ones are out of reach."""
    lines: list[Line] = []
    for size in plan.sizes:
        for contender in CONTENDERS:
            worlds = [World(size, quotas, generation_seconds=plan.generation_seconds) for quotas in (True, False)]
            worlds = [world for world in worlds if plan.wanted(line_name(contender, world))]
            found = measure_worlds(plan, contender, worlds, tuple(lines))
            lines += found
            yield from found


def measure_worlds(plan: Plan, contender: str, worlds: Sequence[World], smaller: Sequence[Line]) -> list[Line]:
    """The lines of one contender at one size."""
    with ThreadPoolExecutor(len(worlds) if contender in SIDE_BY_SIDE and worlds else 1) as pool:
        return list(pool.map(lambda world: measure_line(plan, contender, world, smaller), worlds))


def measure_line(plan: Plan, contender: str, world: World, smaller: Sequence[Line]) -> Line:
    """Runs one line, unless a smaller size shows that it is out of reach."""
    expected = None if contender in FUNCTIONS else expected_seconds(contender, world, smaller)
    if expected is not None and expected > OUT_OF_REACH * plan.limit_seconds:
        plan.say(f"{described(contender, world)}: not run, would take about {expected / 60:.0f} min")
        return Line(contender, world, expected_seconds=expected)
    return measure(plan, contender, world, plan.runs)


def expected_seconds(contender: str, world: World, smaller: Sequence[Line]) -> float | None:
    """How long a line takes by the rate of the next smaller size."""
    rates = [
        line.accounts_per_second
        for line in (find(smaller, contender, other.world.accounts, world.quotas) for other in smaller)
        if line is not None and line.world.accounts < world.accounts
    ]
    return world.accounts / rates[-1] if rates and rates[-1] > 0 else None


def measure(plan: Plan, contender: str, world: World, runs: int) -> Line:
    """Runs a contender so many times, or once where that one is stopped or takes long."""
    line = Line(contender, world)
    for number in range(1, runs + 1):
        name = f"{described(contender, world)}, run {number} of {runs}"
        try:
            run, simulation_cpu = one_run(plan, contender, world)
        except Failed as failure:
            plan.say(f"{name}: FAILED: {failure}")
            line = replace(line, failures=(*line.failures, str(failure)))
            continue
        line = replace(line, runs=(*line.runs, run))
        plan.say(
            f"{name}: {'stopped at' if run.stopped else 'done in'} {run.wall_seconds:.1f} s, "
            f"{run.accounts} accounts, {run.accounts_per_second:.1f} per second, "
            f"CPU {run.cpu_seconds:.2f} s (aws-sim {simulation_cpu:.2f} s), "
            f"peak RSS {run.peak_rss_bytes / 1e6:.1f} MB, {run.calls_per_account:.2f} calls per account, "
            f"{run.throttled_share:.2%} throttled, {run.counts.most_connections} connections"
        )
        if contender not in FUNCTIONS and run.wall_seconds > plan.once_seconds:
            break
    return line


def one_run(plan: Plan, contender: str, world: World) -> tuple[Run, float]:
    """One run in a world of its own; answers also the CPU time of the stand-in."""
    with work_folder(plan.folder) as folder:
        with Simulation(binary("aws-sim"), world, folder) as simulation:
            if contender in FUNCTIONS:
                run = run_function(contender, simulation, folder)
            else:
                run = run_script(contender, simulation, folder, plan.limit_seconds)
        return run, simulation.cpu_seconds


@contextlib.contextmanager
def work_folder(parent: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder for what processes write, removed afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield pathlib.Path(folder)
