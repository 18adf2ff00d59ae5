"""The benchmark: whole processes side by side on one machine, against aws-sim in place of AWS.

Prints its tables as Markdown on standard output and its progress on standard error; ends with 1 where a target is
missed or a function's run failed. A full run takes about 45 minutes, and wants the machine for itself.
"""

import argparse
import dataclasses
import fnmatch
import json
import math
import pathlib
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence

import document
from contenders import FUNCTIONS, ROOT
from limits import Limit, measure_limits
from lines import Line
from measure import Failed, end_everything
from start import StartLine, measure_starts
from sweep import Plan, measure_lines, work_folder
from targets import MISSED, NOT_MEASURED, Results, Target, targets

TARGET = ROOT / "target" / "bench"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIZES = (100, 1_000, 10_000)
GENERATION_SECONDS = (2.0, 4.0)
LIMIT_SECONDS = 300.0
ONCE_SECONDS = 150.0
ROUNDS = 11
# A smoke test: everything once, and what is slow only for a moment.
QUICK_SIZES = (100,)
QUICK_GENERATION_SECONDS = (0.5, 1.0)
QUICK_LIMIT_SECONDS = 8.0
QUICK_ROUNDS = 3


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.py", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=sizes, help="numbers of accounts, comma-separated; without the limits")
    parser.add_argument("--runs", type=int, help="runs of each line, also of long ones; the median counts (3)")
    parser.add_argument(
        "--only",
        action="append",
        metavar="PATTERN",
        help="only these lines, such as credential-report/on/1000, botocove/*, limits/slow or start; can be repeated",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a smoke test of less than a minute: 100 accounts, no limits"
    )
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE", help="replace the measured part of this document")
    return parser.parse_args(given)


def sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(one) for one in text.split(",")))


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def wanted(options: argparse.Namespace) -> Callable[[str], bool]:
    """Which lines are asked for."""

    def is_wanted(name: str) -> bool:
        if options.only:
            return any(fnmatch.fnmatch(name, pattern) for pattern in options.only)
        return not (name.startswith("limits/") and (options.quick or options.sizes))

    return is_wanted


def plan(options: argparse.Namespace, folder: pathlib.Path) -> Plan:
    """What the options ask for."""
    limit_seconds = QUICK_LIMIT_SECONDS if options.quick else LIMIT_SECONDS
    return Plan(
        sizes=options.sizes or (QUICK_SIZES if options.quick else SIZES),
        runs=options.runs or (1 if options.quick else 3),
        limit_seconds=limit_seconds,
        # What is stopped would be stopped again.
        once_seconds=min(limit_seconds, math.inf if options.runs else ONCE_SECONDS),
        generation_seconds=QUICK_GENERATION_SECONDS if options.quick else GENERATION_SECONDS,
        wanted=wanted(options),
        folder=folder,
        say=say,
    )


def measure(options: argparse.Namespace, folder: pathlib.Path) -> Results:
    """Everything that is asked for: what is short first."""
    planned = plan(options, folder)
    starts: list[StartLine] = []
    if planned.wanted("start"):
        starts = measure_starts(QUICK_ROUNDS if options.quick else ROUNDS, folder, say)
    lines: list[Line] = list(measure_lines(planned))
    limits: list[Limit] = list(measure_limits(planned, lines))
    if not (starts or lines or limits):
        raise Failed(f"no line is called {' or '.join(options.only)}")
    return Results(lines, limits, starts)


def verdict(results: Results, found: Sequence[Target]) -> int:
    """The exit code. A target of a full run that was not measured, since its runs failed, is as bad as a missed one."""
    bad = [target for target in found if target.verdict in (MISSED, NOT_MEASURED)]
    for target in bad:
        say(f"{target.verdict}: {target.what}: {target.measured or 'nothing'}, {target.limit}")
    own = [line for line in (*results.lines, *(limit.line for limit in results.limits)) if line.contender in FUNCTIONS]
    failures = [failure for line in own for failure in line.failures]
    if failures:
        say(f"{len(failures)} runs of the functions failed")
    return 1 if bad or failures else 0


def interrupted(number: int, _frame: object) -> None:
    end_everything()
    raise KeyboardInterrupt(signal.Signals(number).name)


def main() -> None:
    options = arguments(sys.argv[1:])
    if not sys.platform.startswith("linux"):
        sys.exit("bench: the memory of a process is read as Linux tells it, so this runs on Linux only")
    # They would otherwise end this script and leave what it started.
    for number in SIGNALS:
        signal.signal(number, interrupted)
    command = shlex.join(["bench/bench.py", *sys.argv[1:]])
    started = time.monotonic()
    try:
        with work_folder(TARGET) as folder:
            results = measure(options, folder)
        full = not (options.only or options.quick or options.sizes)
        found = [target for target in targets(results) if full or target.verdict != NOT_MEASURED]
        measured = document.report(results, found, command, (time.monotonic() - started) / 60)
        (TARGET / "results.json").write_text(json.dumps(dataclasses.asdict(results), indent=2) + "\n", encoding="utf-8")
        print(measured)
        if options.write:
            document.write(options.write, measured)
        sys.exit(verdict(results, found))
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    except KeyboardInterrupt:
        sys.exit("bench: interrupted; everything it started has ended")


if __name__ == "__main__":
    main()
