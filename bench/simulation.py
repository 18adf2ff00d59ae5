"""The AWS stand-in (aws-sim) as a process of its own, with a fresh world for every run."""

import json
import pathlib
import selectors
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from measure import Failed, Process, clean_environment

START_SECONDS = 30
READ_SECONDS = 60
READY = "listening on "


@dataclass(frozen=True)
class World:
    """What is simulated. Latencies and times are those of the whole benchmark unless a run says otherwise."""

    accounts: int
    quotas: bool
    users: int = 6
    latency_ms: int = 30
    jitter_ms: int = 10
    generation_seconds: tuple[float, float] = (2.0, 4.0)
    regions: int = 17
    slow_share: float = 0.0
    slow_seconds: float = 0.0

    def options(self) -> list[str]:
        """The command line of aws-sim."""
        low, high = self.generation_seconds
        values = {
            "accounts": self.accounts,
            "users": self.users,
            "latency-ms": self.latency_ms,
            "jitter-ms": self.jitter_ms,
            "quotas": "on" if self.quotas else "off",
            "generation-seconds": f"{low}..{high}",
            "regions": self.regions,
            "slow-share": self.slow_share,
            "slow-seconds": self.slow_seconds,
        }
        return [f"--{name}={value}" for name, value in values.items()]


@dataclass(frozen=True)
class Counts:
    """How often each operation was called, and how often the answer was a throttle."""

    calls: int
    throttled: int
    by_operation: dict[str, Any]
    most_connections: int


class Simulation:
    """A running stand-in; a context manager."""

    def __init__(self, program: pathlib.Path, world: World, folder: pathlib.Path) -> None:
        self.world = world
        command = [str(program), *world.options()]
        self._process = Process(command, clean_environment(folder), folder, "aws-sim", stdout=subprocess.PIPE)
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self.url = self._ready()
        except BaseException:
            self._process.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)

    @property
    def cpu_seconds(self) -> float:
        """The CPU time it used; known once it has ended."""
        return self._process.end().cpu_seconds

    def counts(self) -> Counts:
        """What has been called so far."""
        answer = json.loads(b"".join(self.read("_sim/counts")))
        by_operation = answer["calls"]
        calls = sum(one["calls"] for one in by_operation.values())
        throttled = sum(one["throttled"] for one in by_operation.values())
        return Counts(calls, throttled, by_operation, answer["connections"]["most_open"])

    def read(self, path: str) -> Iterator[bytes]:
        """What lies under a path, line by line: an object can be larger than the benchmark should become."""
        try:
            with urllib.request.urlopen(f"{self.url}/{path}", timeout=READ_SECONDS) as answer:
                yield from answer
        except OSError as error:
            raise Failed(f"aws-sim does not give /{path}: {error}") from error

    def _ready(self) -> str:
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            said = self._process.stdout.readline().decode() if selector.select(START_SECONDS) else ""
        if not said.startswith(READY):
            raise Failed(f"aws-sim did not start: {self._process.log_end()}")
        return said.removeprefix(READY).strip()
