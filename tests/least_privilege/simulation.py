"""Asks iam-simulate, which evaluates policies as AWS documents it, offline."""

import json
import shutil
import subprocess

from paths import ROOT

PACKAGES = ROOT / "target" / "iam"
LIMIT_SECONDS = 300


class DidNotSimulate(Exception):
    """There is no simulator, or it failed."""


def check():
    """Fails before anything is deployed where no request could be simulated."""
    if not shutil.which("node"):
        raise DidNotSimulate("there is no node in PATH; tools/venv.sh tests tests/requirements.txt installs one")
    if not (PACKAGES / "node_modules").is_dir():
        raise DidNotSimulate("there is no target/iam/node_modules: run tools/node-packages.sh iam tests/iam")


class Simulation:
    """Some requests, evaluated by a process of their own beside whatever else goes on."""

    def __init__(self, requests):
        self.process = subprocess.Popen(
            ["node", str(ROOT / "tests" / "iam" / "simulate.mjs"), "--packages", str(PACKAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.process.stdin.write(json.dumps(requests))
        self.process.stdin.close()
        # It is closed, and would be flushed once more.
        self.process.stdin = None

    def results(self):
        try:
            answered, said = self.process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise DidNotSimulate(f"simulate.mjs takes longer than {LIMIT_SECONDS} s") from None
        if self.process.returncode != 0:
            raise DidNotSimulate(f"simulate.mjs failed: {said.strip()}")
        return json.loads(answered)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
