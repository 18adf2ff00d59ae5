"""Runs the SAM command against the emulator, as somebody deploys the project."""

import json
import subprocess
import time

import world
from emulated import ROOT, command_environment

import cloudformation

# Where tools/sam.sh has it.
SAM = ROOT / "target" / "venv-sam" / "bin" / "sam"
LOG_LINES = 12


class DidNotDeploy(Exception):
    """sam ended with an error."""


class Sam:
    """The command, as the root user of the functions' account; `client` is one of CloudFormation in that."""

    def __init__(self, program, endpoint, account, folder, client):
        self.client = client
        self.program = program
        self.endpoint = endpoint
        self.account = account
        self.folder = folder
        # It would ask PyPI for a newer release of itself, and tell its maker that it is used.
        settings = folder / ".aws-sam" / "metadata.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"telemetryEnabled": False, "lastVersionCheck": time.time()}), encoding="utf-8")

    def deploy(self, template, stack, parameters):
        """Deploys the template, with the samconfig.toml beside it; answers what sam printed."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        arguments = [
            *("--template-file", template),
            *("--stack-name", stack),
            *("--region", world.REGION),
            "--no-progressbar",
            "--no-confirm-changeset",
            *(["--parameter-overrides", *overrides] if overrides else []),
        ]
        try:
            return self._run(template.parent, "deploy", *arguments)
        except DidNotDeploy as failure:
            # sam breaks the reasons into columns.
            reasons = cloudformation.failures(self.client, stack)
            raise DidNotDeploy("\n".join([str(failure), *reasons])) from None

    def delete(self, folder):
        """Takes away the stack that the folder's samconfig.toml names; answers what sam printed."""
        return self._run(folder, "delete", "--no-prompts")

    def _run(self, folder, *arguments):
        run = subprocess.run(
            [str(self.program), *map(str, arguments)],
            cwd=folder,
            env={
                **command_environment(self.endpoint, self.account, self.folder),
                "SAM_CLI_TELEMETRY": "0",
                "SAM_CLI_POLL_DELAY": "0.2",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            end = "\n".join(run.stdout.splitlines()[-LOG_LINES:])
            raise DidNotDeploy(f"sam {arguments[0]} failed:\n{end}")
        return run.stdout
