"""Child processes in a clean environment, and what they cost: wall time, CPU time, memory."""

import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

# How often a process is asked whether it has ended: small beside anything that is measured, and next to no work.
POLL_SECONDS = 0.01
# A process that is asked to end gets so long before it is killed.
END_SECONDS = 3


class Failed(Exception):
    """A run did not do what it should, so there is nothing to measure."""


class Interrupted(Exception):
    """The benchmark is being ended, so no process is started any more."""


_running: set[int] = set()
_ending = threading.Event()


def end_everything() -> None:
    """Asks every process that runs to end, and lets none start; whoever waits for one notices."""
    _ending.set()
    for pid in list(_running):
        # It may have ended meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


@dataclass(frozen=True)
class Usage:
    """What a process that has ended used."""

    cpu_seconds: float
    peak_rss_bytes: int
    exit_code: int


class Process:
    """A child process; a context manager that ends it, by its id, whatever happens."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: pathlib.Path,
        name: str,
        stdout: int | None = None,
    ) -> None:
        self.name = name
        self.output = folder / f"{name}.out"
        self.log = folder / f"{name}.log"
        self.usage: Usage | None = None
        self._ended_at: float | None = None
        if _ending.is_set():
            raise Interrupted(name)
        with open(self.output, "wb") as output, open(self.log, "wb") as log:
            self.started = time.monotonic()
            self._child = subprocess.Popen(
                list(command),
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output if stdout is None else stdout,
                stderr=log,
                # Ctrl-C reaches the benchmark only, which then ends what it started.
                start_new_session=True,
            )
        self.pid = self._child.pid
        _running.add(self.pid)

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe, where one was asked for."""
        if self._child.stdout is None:
            raise Failed(f"{self.name} was started without a pipe")
        return self._child.stdout

    def age(self) -> float:
        """For how long it has run, or ran."""
        return (self._ended_at or time.monotonic()) - self.started

    def ended(self) -> bool:
        """Whether it has ended by now."""
        return self.usage is not None or self._wait(os.WNOHANG)

    def wait(self, seconds: float) -> bool:
        """Waits for its end, at most so long after its start; answers whether it came."""
        while not self.ended():
            if self.age() >= seconds:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def end(self) -> Usage:
        """Asks it to end, and kills it where it does not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.ended():
                break
            os.kill(self.pid, number)
            limit = time.monotonic() + END_SECONDS
            while not self.ended() and time.monotonic() < limit:
                time.sleep(POLL_SECONDS)
        if self.usage is None:
            raise Failed(f"{self.name} (process {self.pid}) does not end")
        return self.usage

    def log_end(self, lines: int = 20) -> str:
        """The last lines it wrote to standard error, or to standard output where there are none."""
        for path in (self.log, self.output):
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            if text:
                return "\n".join(text.splitlines()[-lines:])
        return "it wrote nothing"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def _wait(self, options: int) -> bool:
        pid, status, used = os.wait4(self.pid, options)
        if pid == 0:
            return False
        self._ended_at = time.monotonic()
        _running.discard(pid)
        exit_code = os.waitstatus_to_exitcode(status)
        # Popen must not wait for it a second time.
        self._child.returncode = exit_code
        self.usage = Usage(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, exit_code)
        return True


def memory(pid: int, field: str) -> int:
    """A figure of a running process in bytes: VmRSS, what is resident now, or VmHWM, the most that ever was.

    The figure that wait4 answers is of no use for a small process: it also counts the moment between fork and exec, in
    which the child still had all that the benchmark itself has.
    """
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError as error:
        raise Failed(f"the memory of process {pid} cannot be read: {error}") from error
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise Failed(f"process {pid} has no {field}: it has ended")


def clean_environment(home: pathlib.Path) -> dict[str, str]:
    """What every process gets: nothing of the caller's own, least of all credentials."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ACCESS_KEY_ID": "AKIABENCHMARK0000000",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
