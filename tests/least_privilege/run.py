"""Shows that the templates grant what the functions need, and nothing else; prints each permission and what is lost
without it.

The templates are deployed into the emulator, whose roles' policies, trust and session policies it enforces. Everything
runs with all permissions; then each is taken away in turn.
"""

import argparse
import pathlib
import signal
import sys
import time

sys.dont_write_bytecode = True

import paths  # noqa: F401 - it says where the other modules are

from as_aws import AsAws
from conditions import Conditions
from demo import SIGNALS, ended_afterwards, interrupted
from deploy_local import FAILURES
from deployments import never_made
from removals import Removals
from sam import SAM
from sessions import Sessions, every_action, wrong_of
from simulation import DidNotSimulate, Simulation, check
from small_stage import Stage
from table import print_rows
from trust import Trust


class Proof:
    """All of it, and what was found wrong."""

    def __init__(self, stage):
        self.stage = stage
        self.started = time.monotonic()
        self.problems = []
        self.simulations = []

    def tell(self, text):
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)

    def simulate(self, requests):
        self.simulations.append(Simulation(requests))
        return self.simulations[-1]

    def run(self):
        self.stage.start()
        number = len({(account, name) for one in self.stage.deployments.values() for account, name in one.roles})
        self.tell(f"the templates are deployed: {len(self.stage.deployments)} times by sam, with {number} roles")
        sessions = Sessions(self.stage, self.stage.deployments["admin"])
        found = sessions.run()
        # It takes a while, beside everything else.
        every = self.simulate([every_action(policy, self.stage.home) for policy in found])
        self._trust()
        rows = self._permissions()
        # The administrators whom sessions are compared with do what they may, and leave another world.
        self._sessions(sessions, found)
        as_aws = AsAws(self.stage)
        self.problems += as_aws.check()
        self.tell(f"{as_aws.tried} calls showed that the emulator authorises as AWS documents it")
        print()
        print_rows(rows)
        print()
        self._conditions()
        for policy, result in zip(found, every.results(), strict=True):
            self.problems += wrong_of(policy, result)
            self.tell(f"{len(result['allowed'])} of {result['tried']} actions of AWS are allowed by {policy}")
        self._summary(rows)

    def _sessions(self, sessions, found):
        if not found:
            self.problems.append("no session policy was sent")
        for policy, example in found.items():
            needed, others = sessions.check(policy, example)
            self.tell(f"{needed} actions needed and {others} other calls tried with {policy}")
        self.problems += sessions.problems

    def _trust(self):
        trust = Trust(self.stage)
        self.problems += trust.check()
        self.tell(f"{trust.tried} callers tried to assume roles of stacks/")

    def _conditions(self):
        conditions = Conditions(self.stage, self.stage.deployments["own"])
        problems = conditions.problems(self.simulate(conditions.requests).results())
        self.problems += problems
        allowed, denied = conditions.numbers()
        self.tell(
            f"simulated: mail by its sender, identity and configuration set, the bucket with TLS and without: "
            f"{allowed} requests have to be allowed, {denied} denied; {len(problems)} are otherwise"
        )

    def _permissions(self):
        rows, simulated = {}, []
        for name in ("own", "via", "caller", "fan-out"):
            removals = Removals(self.stage, self.stage.deployments[name])
            for row in removals.rows:
                if rows.get(row.place) and rows[row.place].shown_by:
                    continue
                calls = list(removals.simulated(row))
                if calls:
                    row.shown_by = "simulation"
                    simulated += [(row, *one) for one in calls]
                else:
                    removals.show(row)
                rows[row.place] = row
            self.tell(f"the permissions of deployment {name} were taken away in turn")
        self._calls_of_services(simulated)
        self.problems += [f"no deployment here makes {one}" for one in never_made(self.stage.deployments.values())]
        for row in rows.values():
            if not row.lost:
                self.problems.append(f"nothing misses {row.action} on {row.resource}: {row.role_id} {row.sid}")
        return list(rows.values())

    def _calls_of_services(self, simulated):
        """Each call is allowed with every permission; what a permission is for is denied without it."""
        results = self.simulate([one for _, _, asked in simulated for one in asked]).results()
        for (row, use, asked), before, after in zip(simulated, results[::2], results[1::2], strict=True):
            if before != "Allowed":
                self.problems.append(f"{row.role_id}: {use.action} on {asked[0]['resource']} is {before}")
            elif after == "ImplicitlyDenied":
                row.lost = f"{use.lost} ({use.why})"

    def _summary(self, rows):
        ran = sum(row.shown_by == "run" for row in rows)
        self.tell(f"{len(rows)} permissions, {ran} of them shown by runs, {len(rows) - ran} by simulation")

    def stop(self):
        try:
            for one in self.simulations:
                one.end()
        finally:
            self.stage.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="where the emulator works")
    parser.add_argument("--sam", type=pathlib.Path, default=SAM, help="the SAM command")
    arguments = parser.parse_args()
    # They would otherwise end this script and leave the emulator.
    for number in SIGNALS:
        signal.signal(number, interrupted)
    try:
        check()
        proof = Proof(Stage(arguments.folder.resolve(), arguments.sam.resolve()))
        with ended_afterwards(proof):
            proof.run()
    except (*FAILURES, DidNotSimulate) as failure:
        sys.exit(f"least privilege: {failure}")
    except KeyboardInterrupt:
        sys.exit("least privilege: interrupted; everything it started has ended")
    if proof.problems:
        sys.exit("\n".join(["least privilege is not shown:", *(f"- {one}" for one in dict.fromkeys(proof.problems))]))


if __name__ == "__main__":
    main()
