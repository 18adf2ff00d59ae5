"""Starts and ends the AWS emulator (ministack) as a process of this machine, on a free port of 127.0.0.1."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

PROGRAM = pathlib.Path(__file__).parent / "emulator"
HOST = "127.0.0.1"
START_ATTEMPTS = 5
START_SECONDS = 20
# An emulator that is asked to end waits for the requests it is answering, such as a function's invocation.
STOP_SECONDS = 1
SAVE_SECONDS = 20


class DidNotStart(Exception):
    """The emulator did not become ready."""


class Emulator:
    """One ministack process, its folder and its log."""

    def __init__(self, name, folder, settings):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.work = self.folder / name
        self.log = self.folder / f"{name}.log"
        self.settings = settings
        self.port = None
        self.process = None

    @property
    def endpoint(self):
        return f"http://{HOST}:{self.port}"

    @property
    def state(self):
        """Where the emulator keeps its state as JSON files when it is stopped."""
        return self.work / "state"

    def start(self):
        """Starts the process and waits until it answers; another port is tried where one was taken meanwhile."""
        for _ in range(START_ATTEMPTS):
            self.port = free_port()
            self._spawn()
            if self._becomes_ready():
                return
            self.stop()
        raise DidNotStart(f"{self.name} did not start in {START_ATTEMPTS} attempts; its log is {self.log}")

    def _spawn(self):
        temporary = self.work / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        # Nothing of the caller's environment goes in: the emulator takes AWS_ACCESS_KEY_ID for an administrator, and
        # hands its environment on to the functions.
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.work),
            "TMPDIR": str(temporary),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.endpoint,
            "STATE_DIR": str(self.state),
            "S3_DATA_DIR": str(self.work / "s3"),
            "MINISTACK_EDITION": mark(self.work),
            # Listeners and helpers that are not needed here and would reach beyond this process.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self.work}/no-docker.sock",
            **self.settings,
        }
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                # The option says nothing to Python; by it the process is known later.
                [sys.executable, "-X", mark(self.work), "-B", str(PROGRAM)],
                env=environment,
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches this script only, which then ends the group, functions included.
                start_new_session=True,
            )

    def _becomes_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if edition_at(self.port) == mark(self.work):
                return True
            time.sleep(0.05)
        return False

    def stop(self, seconds=STOP_SECONDS):
        """Ends the process and the functions it started; in that time it saves its state where it is told to."""
        if self.process is None:
            return
        end_group(self.process.pid, lambda: self.process.poll() is None, seconds)
        self.process.wait()
        self.process = None


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def edition_at(port):
    """Which edition the emulator at the port says it is: another server may have taken the port; empty for none."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return json.load(connection.getresponse()).get("edition", "")
    except (OSError, ValueError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def command_of(pid):
    """The command line of a process; empty where there is none (or it has ended and nobody waited for it)."""
    path = pathlib.Path(f"/proc/{pid}/cmdline")
    if path.parent.parent.joinpath("self").exists():
        try:
            return path.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    listing = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return listing.stdout.strip()


def mark(work):
    return f"orgscan-demo={work}"


def is_emulator(pid, work):
    """Whether the process is the emulator that works in this folder: a process id may have been given to another."""
    return mark(work) in command_of(pid)


def end_group(pid, alive, seconds=STOP_SECONDS):
    """Ends the group that a process leads: the process is first asked to."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    # What is left of the group is the process itself, or functions that wait for their next invocation.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def clear(folder):
    """An empty folder in place of whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
