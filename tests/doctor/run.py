"""`orgscan doctor` in a world that has one of everything wrong: it names each, and what it prints mends all of it.

What a diagnosis proposes is done mechanically: its commands by an administrator of the account that it names, its settings
in the environment. The next diagnosis finds nothing that fails, and both jobs run to their ends and mail.
"""

import argparse
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import paths

import emulators
from demo import SIGNALS, ended_afterwards, interrupted
from emulated import BINARIES, command_environment
from wrong_world import (
    ADMINISTRATOR,
    DENIED,
    HOME,
    MAY_TOO_LITTLE,
    NOBODY,
    RECIPIENT,
    SETTINGS,
    WRONG,
    WrongWorld,
)

INVENTORY, AUDIT = "account-metadata", "credential-report"
OK, PARTIAL = 0, 2
# After a link in a mail was to be followed, how long the reader takes at most.
LINK_SECONDS = 10
MOST_ROUNDS = 6
# It changes nothing: what is beside it is a statement to add to what it shows.
SHOWS_TRUST = "aws iam get-role "


class Failed(Exception):
    """It is not as it should be."""


class Terminal:
    """Where `orgscan` is called."""

    def __init__(self, place, folder, caller):
        self.place = place
        self.folder = folder
        key = place.keys[caller]
        self.credentials = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        self.settings = dict(SETTINGS)

    def orgscan(self, *arguments):
        environment = {
            **command_environment(self.place.aws.endpoint, HOME, self.folder),
            **self.credentials,
            **self.settings,
        }
        return self._run([BINARIES / "orgscan", *arguments], environment)

    def diagnosis(self, *jobs):
        """The exit code, and what was found; of both jobs where none is named."""
        run = self.orgscan("doctor", *jobs, "--json")
        if run.returncode not in (OK, PARTIAL):
            raise Failed(f"orgscan doctor ended with {run.returncode}: {run.stderr}")
        return run.returncode, json.loads(run.stdout)

    def command(self, account, command):
        """What a command of a diagnosis says, as the root user of the account that it is for."""
        environment = {
            **command_environment(self.place.aws.endpoint, account, self.folder),
            "PATH": os.pathsep.join([str(paths.COMMANDS), os.environ.get("PATH", os.defpath)]),
            "DOCUMENTS_PYTHON": sys.executable,
        }
        run = self._run(["sh", "-c", command], environment)
        if run.returncode != 0:
            raise Failed(f"in {account}: {command}\n{run.stdout}{run.stderr}")
        return run.stdout

    def _run(self, command, environment):
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )


def named(diagnosis):
    """What failed, as `WRONG` has it."""
    failed = [one for one in diagnosis["checks"] if one["state"] == "failed"]
    return {
        (one["id"], one["account"] if one["id"].startswith("account-") else one["subject"], one["cause"])
        for one in failed
    }


def mend(terminal, diagnosis):
    """Does what the diagnosis says; answers the number of commands."""
    commands = []
    for check in (one for one in diagnosis["checks"] if one["state"] == "failed"):
        if "fix" not in check:
            raise Failed(f"nothing is said to mend it: {check}")
        commands += [(check["fix"]["account"], one) for one in check["fix"].get("commands", [])]
        terminal.settings.update(check["fix"].get("settings", {}))
    commands = list(dict.fromkeys(commands))
    for account, command in commands:
        terminal.command(account, command)
    return len(commands)


def mend_by_guess(terminal, diagnosis):
    """The same where the cause may not be known: what may mend it is tried, one after the other, and some of it fails."""
    done = 0
    for check in (one for one in diagnosis["checks"] if one["state"] == "failed"):
        fixes = [check["fix"]] if "fix" in check else check["candidates"]
        for fix in fixes:
            terminal.settings.update(fix.get("settings", {}))
            for command in fix.get("commands", []):
                try:
                    said = terminal.command(fix["account"], command)
                    if command.startswith(SHOWS_TRUST):
                        terminal.command(fix["account"], trusting_too(command, json.loads(said), fix["policy"]))
                    done += 1
                except Failed:
                    if "fix" in check:
                        raise
    return done


def trusting_too(shows, trust, statement):
    """The command that adds a statement to a trust policy, after the one that showed it."""
    words = shlex.split(shows)
    name = words[words.index("--role-name") + 1]
    if statement not in trust["Statement"]:
        trust["Statement"].append(statement)
    update = ["aws", "iam", "update-assume-role-policy", "--role-name", name, "--policy-document", json.dumps(trust)]
    return shlex.join(update)


def administrator(folder):
    """Somebody who may do everything is told every cause, and one round mends it."""
    place = WrongWorld(folder / "world", ADMINISTRATOR)
    with ended_afterwards(place):
        place.start()
        terminal = Terminal(place, folder, ADMINISTRATOR)
        code, diagnosis = terminal.diagnosis()
        tell(diagnosis)
        found = named(diagnosis)
        if code != PARTIAL or found != WRONG:
            raise Failed(f"not named: {sorted(WRONG - found)}; named besides: {sorted(found - WRONG)}; exit code {code}")
        denied = [one.get("action") for one in diagnosis["checks"] if one.get("account") == MAY_TOO_LITTLE]
        if DENIED not in denied:
            raise Failed(f"{MAY_TOO_LITTLE} may not {DENIED}, and the diagnosis says {denied}")
        number = mend(terminal, diagnosis)
        print(f"{number} commands mend it, with {changed(terminal.settings)}", flush=True)
        code, diagnosis = mended(terminal)
        tell(diagnosis)
        if code != OK or diagnosis["status"] != "ok" or named(diagnosis):
            raise Failed(f"still wrong: {sorted(named(diagnosis))}; exit code {code}")
        for job in (INVENTORY, AUDIT):
            check_job(terminal, job)
        if [one["To"] for one in place.mails()] != [[RECIPIENT]]:
            raise Failed(f"not one mail: {place.mails()}")
    print(f"{len(WRONG)} things were wrong, and are mended")


def nobody(folder):
    """Somebody who may do nothing, and so can be told but a little at a time, gets there in a few rounds."""
    place = WrongWorld(folder / "world", NOBODY)
    with ended_afterwards(place):
        place.start()
        terminal = Terminal(place, folder, NOBODY)
        for number in range(MOST_ROUNDS):
            code, diagnosis = terminal.diagnosis(AUDIT)
            if code == OK:
                break
            failed = len(named(diagnosis))
            print(f"  round {number + 1}: {failed} checks failed, {mend_by_guess(terminal, diagnosis)} commands", flush=True)
        else:
            raise Failed(f"after {MOST_ROUNDS} rounds still wrong: {sorted(named(diagnosis))}")
        # Whether one may mail shows when one does, and doctor does not.
        check_job(terminal, AUDIT, "--no-mail")
    print(f"Somebody who might do nothing can run the audit after {number} rounds")


def check_job(terminal, job, *options):
    """Where doctor finds nothing, the job reads everything."""
    ended = terminal.orgscan(job, "--bucket", "--json", *options)
    summary = json.loads(ended.stdout or "{}")
    if ended.returncode != OK or summary.get("status") != "complete":
        raise Failed(f"{job} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    print(f"{job} is complete: {sum(one['accounts']['reported'] for one in summary['organizations'])} accounts")


def mended(terminal):
    """The diagnosis after the reader has followed the links that were mailed."""
    deadline = time.monotonic() + LINK_SECONDS
    while True:
        code, diagnosis = terminal.diagnosis()
        waits = {one for one in named(diagnosis) if one[0].startswith("ses-")}
        if not waits or time.monotonic() > deadline:
            return code, diagnosis
        time.sleep(0.2)


def changed(settings):
    return {name: value for name, value in settings.items() if SETTINGS.get(name) != value}


def tell(diagnosis):
    for check in diagnosis["checks"]:
        print(f"  {check['state']:8} {check['id']:16} {check['subject']}: {check['found']}"[:160], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="where the emulator is")
    folder = parser.parse_args().folder
    # They would otherwise end this script and leave the emulator.
    for number in SIGNALS:
        signal.signal(number, interrupted)
    try:
        for scenario in (administrator, nobody):
            started = time.monotonic()
            emulators.clear(folder / scenario.__name__)
            scenario(folder / scenario.__name__)
            print(f"{time.monotonic() - started:.1f} s\n", flush=True)
    except (Failed, emulators.DidNotStart) as failure:
        sys.exit(f"doctor: {failure}")
    except KeyboardInterrupt:
        sys.exit("doctor: interrupted; everything it started has ended")


if __name__ == "__main__":
    main()
