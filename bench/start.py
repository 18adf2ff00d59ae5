"""The start of a function, beside the same in Python with boto3 and pandas, and the size of its package."""

import pathlib
import platform
import statistics
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from contenders import BENCH, FUNCTIONS, binary, function_environment
from measure import Failed, Process, memory
from runtime_api import RuntimeApi

LIMIT_SECONDS = 60
DEADLINE_SECONDS = 900
MOMENTS = ("poll", "call")


@dataclass(frozen=True)
class Moment:
    """A moment of a start: how long after the process began, and what was resident then."""

    seconds: float
    resident_bytes: float


# The first poll of the runtime API, and the first call to AWS.
Start = dict[str, Moment]


@dataclass(frozen=True)
class Package:
    """A function's zip as Lambda takes it."""

    architecture: str
    binary_bytes: int
    zip_bytes: int


@dataclass(frozen=True)
class StartLine:
    """One function beside Python: medians of all rounds."""

    function: str
    rounds: int
    own: Start
    python: Start
    package: Package


def measure_start(function: str, rounds: int, folder: pathlib.Path, say: Callable[[str], None]) -> StartLine:
    """Starts the function and its Python counterpart by turns, after one start of each that fills the page cache."""
    commands = {
        "own": [str(binary(function))],
        "python": [sys.executable, str(BENCH / "python_start.py"), function],
    }
    starts: dict[str, list[Start]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            start = one_start(command, function, folder)
            if number > 0:
                starts[name].append(start)
    medians = {name: median(measured) for name, measured in starts.items()}
    line = StartLine(function, rounds, medians["own"], medians["python"], package(function, folder))
    say(
        f"start of {function}: first poll after {line.own['poll'].seconds * 1000:.1f} ms, "
        f"Python after {line.python['poll'].seconds * 1000:.0f} ms"
    )
    return line


def one_start(command: list[str], function: str, folder: pathlib.Path) -> Start:
    """One process, from its start to its first call to AWS, which ends it."""
    seen: dict[str, tuple[float, int]] = {}
    process_known = threading.Event()
    called = threading.Event()
    pids: list[int] = []

    def note(kind: str, at: float) -> None:
        # The process can be quicker than the line that learns its id.
        process_known.wait(LIMIT_SECONDS)
        seen[kind] = (at, memory(pids[0], "VmRSS"))
        if kind == "call":
            called.set()

    with RuntimeApi(function, DEADLINE_SECONDS, note) as runtime_api:
        endpoint = f"http://{runtime_api.address}"
        environment = function_environment(function, folder, runtime_api.address, endpoint)
        with Process(command, environment, folder, "start") as process:
            pids.append(process.pid)
            process_known.set()
            while not called.wait(1):
                if process.ended() or process.age() > LIMIT_SECONDS:
                    raise Failed(f"{' '.join(command)} made no call to AWS:\n{process.log_end()}")
            return {kind: Moment(at - process.started, resident) for kind, (at, resident) in seen.items()}


def median(starts: list[Start]) -> Start:
    """The median of each figure."""
    return {
        kind: Moment(
            statistics.median(start[kind].seconds for start in starts),
            statistics.median(start[kind].resident_bytes for start in starts),
        )
        for kind in MOMENTS
    }


def package(function: str, folder: pathlib.Path) -> Package:
    """Packs the release binary as `cargo lambda build --output-format zip` does: one file, `bootstrap`, deflated."""
    path = folder / f"{function}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(binary(function), "bootstrap")
    return Package(platform.machine(), binary(function).stat().st_size, path.stat().st_size)


def measure_starts(rounds: int, folder: pathlib.Path, say: Callable[[str], None]) -> list[StartLine]:
    """The lines of the second table."""
    return [measure_start(function, rounds, folder, say) for function in FUNCTIONS]
