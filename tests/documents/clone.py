"""A folder as somebody has it who has cloned the project, and a shell in it."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import world
from emulated import BINARIES, ROOT

HERE = pathlib.Path(__file__).parent
# Nobody has these after `git clone`.
NOT_CLONED = (".git", ".aws-sam", "target", "node_modules", "__pycache__")
MARK = "\x1e"


class Failed(Exception):
    """A command of a document ended with an error."""


class Clone:
    """The folder, a home with profiles of the AWS CLI, and programs as the documents ask for."""

    def __init__(self, folder, place, programs):
        self.folder = folder
        self.place = place
        self.programs = programs
        self.home = folder / "home"
        self.log = folder / "commands.log"
        self.sources = folder / "clone"

    def make(self, profiles):
        """`profiles` are the accounts whose administrator each is of."""
        shutil.copytree(ROOT, self.sources, ignore=shutil.ignore_patterns(*NOT_CLONED), symlinks=True)
        for program in ("cargo", "git"):
            if not shutil.which(program):
                raise Failed(f"{program} is not in PATH")
        (self.home / ".aws").mkdir(parents=True)
        credentials, configuration = [], []
        for name, account in profiles.items():
            key = self.place.keys[account]
            credentials.append(f"[{name}]")
            credentials.append(f"aws_access_key_id = {key['AccessKeyId']}")
            credentials.append(f"aws_secret_access_key = {key['SecretAccessKey']}")
            configuration.append(f"[{name if name == 'default' else f'profile {name}'}]\nregion = {world.REGION}")
        (self.home / ".aws" / "credentials").write_text("\n".join(credentials) + "\n", encoding="utf-8")
        (self.home / ".aws" / "config").write_text("\n".join(configuration) + "\n", encoding="utf-8")
        # sam would ask PyPI for a newer release of itself, and tell its maker that it is used.
        (self.home / ".aws-sam").mkdir()
        settings = f'{{"telemetryEnabled": false, "lastVersionCheck": {time.time()}}}'
        (self.home / ".aws-sam" / "metadata.json").write_text(settings, encoding="utf-8")

    def environment(self):
        return {
            "PATH": os.pathsep.join(
                [str(HERE / "commands"), str(self.home / ".cargo" / "bin"), os.environ.get("PATH", os.defpath)]
            ),
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.place.aws.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "PYTHONDONTWRITEBYTECODE": "1",
            # For the programs in commands/.
            "ORGSCAN_BIN_DIR": str(BINARIES),
            "DOCUMENTS_CARGO": shutil.which("cargo"),
            "DOCUMENTS_CARGO_LAMBDA": str(self.programs["cargo-lambda"]),
            "DOCUMENTS_HOME": os.environ.get("HOME", "/"),
            "DOCUMENTS_PYTHON": sys.executable,
            "DOCUMENTS_ROOT": str(ROOT),
            "DOCUMENTS_SAM": str(self.programs["sam"]),
        }

    def run(self, blocks, codes, settings):
        """Runs the blocks in order in one shell, which ends with the first command that fails; answers what was printed
        by each, and how long it took. A block may have to end with a code of `codes`, by its last line."""
        script = self.folder / "commands.sh"
        lines = ["set -euo pipefail"]
        for number, block in enumerate(blocks):
            last = block.text.splitlines()[-1]
            expected = f" || [ $? -eq {codes[last]} ]" if last in codes else ""
            lines += [f"printf '{MARK}%s %s{MARK}\\n' {number} \"$EPOCHREALTIME\"", block.text + expected]
        script.write_text("\n".join(lines) + f"\nprintf '{MARK}end %s{MARK}\\n' \"$EPOCHREALTIME\"\n", encoding="utf-8")
        # What asks is told to go on.
        with self.log.open("wb") as log, subprocess.Popen(["yes"], stdout=subprocess.PIPE) as confirming:
            code = subprocess.run(
                ["bash", str(script)],
                cwd=self.sources,
                env={**self.environment(), **settings},
                stdin=confirming.stdout,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
            confirming.terminate()
        return self._results(blocks, code)

    def _results(self, blocks, code):
        said = self.log.read_text(encoding="utf-8", errors="replace")
        parts = said.split(MARK)[1:]
        marks, texts = [one.split() for one in parts[::2]], parts[1::2]
        times = [float(time_of.replace(",", ".")) for _, time_of in marks]
        if code != 0:
            block, text = blocks[len(marks) - 1], texts[-1]
            end = "\n".join(text.strip().splitlines()[-30:])
            raise Failed(f"{block.place} ended with {code}:\n{block.text}\n{end}")
        return [(block, text.strip(), end - begun) for block, text, begun, end in zip(blocks, texts, times, times[1:])]
