"""Asks iam-simulate, which evaluates policies as AWS documents it, offline."""

import json
import subprocess

from paths import ROOT

PACKAGES = ROOT / "target" / "iam"
LIMIT_SECONDS = 300


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
        answered, said = self.process.communicate(timeout=LIMIT_SECONDS)
        if self.process.returncode != 0:
            raise RuntimeError(f"simulate.mjs failed: {said.strip()}")
        return json.loads(answered)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
