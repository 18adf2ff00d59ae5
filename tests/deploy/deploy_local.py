"""Deploys template.yaml into an AWS emulator of this machine with `sam deploy`, and runs what its schedules start.

The world is that of the first day of `make demo`. The stack is deployed as somebody deploys it into an account, the
roles in the other accounts come from its StackSet and from stacks/, and each schedule's target is called with the input
that the schedule would send. What then lies in the bucket has to be what `make demo` writes, and every resource of the
stack what expected.yaml says. An update with FanOut=yes has to write the same files once more, and the template has to
deploy with other parameters, as variants.yaml has them. At the end `sam delete` has to leave of the stack what
docs/deploy.md says, and nothing else, the roles in the other accounts of its Organization included.
"""

import argparse
import collections
import contextlib
import datetime
import json
import pathlib
import signal
import sys
import time

# Nothing is written beside the sources.
sys.dont_write_bytecode = True
# After this folder, and before what is installed.
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[2] / "demo"))

import emulators
import world
from demo import SIGNALS, ended_afterwards, interrupted, only_one
from emulated import JOBS, PREFIX, ROOT, Failed, shown
from stage import Stage
from template import NotResolved

import built
import cloudformation
import fire
import left
import metrics
import other_accounts
import resources
from deployed import SAM_STACK, STACK, Deployed
from same_files import Written
from sam import SAM, DidNotDeploy
from variants import EXPECTED, VARIANTS, Check

TARGET = ROOT / "target" / "deploy-local"
FAILURES = (
    Failed,
    NotResolved,
    DidNotDeploy,
    built.NotBuilt,
    cloudformation.NotThere,
    emulators.DidNotStart,
    fire.NotFired,
)
# Where the reports of the second round go: what is there already would not be written again.
FANNED_OUT = "fanned-out/"
PROBLEMS = 20


def demonstrated(since):
    """What `make demo` writes and mails on its first day."""
    stage = Stage(TARGET / "demo")
    with ended_afterwards(stage):
        stage.start()
        with contextlib.redirect_stdout(None):
            for job in JOBS:
                stage.invoke(job)
        return Written(stage, PREFIX, since)


def run(sam, write):
    """Deploys, fires, compares; answers what is wrong."""
    clock = Clock()
    since = datetime.datetime.now(datetime.timezone.utc)
    expected = demonstrated(since)
    clock.say(f"`make demo` writes {len(expected.files)} files on its first day, and sends {len(expected.mails)} mail.")
    place = Deployed(TARGET / "run", sam)
    with ended_afterwards(place):
        place.start()
        clock.say("The world is up again, without the functions.")
        template = built.build(TARGET / "built")
        before = left.there(place)
        (TARGET / "sam.log").write_text(place.deploy(template), encoding="utf-8")
        clock.say(f"sam has deployed {shown(template)}; what it said is in {shown(TARGET / 'sam.log')}.")
        check = Check(place, STACK, write)
        base = check.deployed()
        tell(base)
        roll_out(place, clock)
        run_schedules(place, clock)
        watched = [place.outputs()[f"{name}LogGroupName"] for name in ("AccountMetadata", "CredentialReport")]
        problems, number = metrics.never_written(place, resources.of_stack(place, STACK), watched)
        clock.say(f"Alarms and dashboards look at {number} metrics of the functions.")
        actual = Written(place, PREFIX, since)
        problems += actual.differences_from(expected)
        clock.say(f"{len(actual.files)} files lie in {shown(actual.folder)}, {len(actual.mails)} mail was sent.")
        problems += fan_out(place, template, expected, since, clock)
        made = left.there(place) - before
        number = check.variants(base, place.packaged())
        clock.say(f"{number} variants have been deployed beside it, or refused, as {shown(VARIANTS)} has them.")
        problems += take_away(place, template, made, clock)
    return list(dict.fromkeys(check.problems + problems))


def fan_out(place, template, expected, since, clock):
    """Updates the stack, so that a state machine takes the place of the inventory; answers what it writes otherwise."""
    place.deploy(template, parameters={**place.parameters(), "FanOut": "yes", "OutputPrefix": FANNED_OUT})
    clock.say("sam has updated the stack: FanOut=yes.")
    run_schedules(place, clock)
    actual = Written(place, FANNED_OUT, since, len(expected.mails))
    own = len(actual.of_a_fan_out)
    clock.say(f"{len(actual.files)} files lie in {shown(actual.folder)}, with {own} of the fan-out.")
    # An execution fails where a tenant did, so that it can be redriven; the world has such tenants.
    found = actual.differences_from(expected)
    summaries = [path for path in actual.of_a_fan_out if path.name.endswith("-summary.json")]
    summary = json.loads(summaries[0].read_text(encoding="utf-8")) if len(summaries) == 1 else {}
    if summary.get("accounts", {}).get("listed") != len(place.builder.accounts()):
        found.append(f"the summary is not about every account: {summary}")
    unreadable = sorted(one["tenant_id"] for one in summary.get("tenants", {}).get("failed", []))
    if unreadable != world.unreadable_tenants(place.organizations):
        found.append(f"the summary names other tenants that could not be read: {unreadable}")
    return [f"fanned out: {one}" for one in found]


def take_away(place, template, made, clock):
    """Deletes the stack, as docs/deploy.md says; answers what is left of what it made otherwise than that says."""
    outputs = place.outputs()
    # The stack of sam's own, with the bucket that packages are kept in.
    shared = {SAM_STACK, place.outputs(SAM_STACK)["SourceBucket"]}
    made = {one for one in made if one[-1] not in shared}
    roles = {account for account, service, _name in made if service == "iam" and account != place.home}
    with (TARGET / "sam.log").open("a", encoding="utf-8") as log:
        log.write(place.delete(template.parent))
    problems = left.problems(place, made, outputs)
    counts = f"{len(made)} things, with roles in {len(roles)} member accounts"
    clock.say(f"sam has deleted the stack, which had made {counts}.")
    return problems


def tell(base):
    """Prints how many resources of each type there are."""
    kinds = collections.Counter(one["Type"] for one in base.values())
    print(f"         {len(base)} resources, compared with {shown(EXPECTED)}:")
    for kind, number in sorted(kinds.items()):
        print(f"         {number:>4} {kind}")


def roll_out(place, clock):
    """Brings the roles to the other accounts, and the tenants into the table."""
    outputs = place.outputs()
    place.bucket = outputs["ReportBucketName"]
    ways = other_accounts.deploy(place, [outputs["AccountMetadataRoleArn"], outputs["CredentialReportRoleArn"]])
    clock.say("Roles in other accounts: " + ", ".join(f"{number} {way}" for way, number in ways.items()) + ".")
    clock.say(f"{place.tenants()} tenants are in the table {outputs['TenantsTableName']}.")


def run_schedules(place, clock):
    """Does what each schedule does when its time has come."""
    for schedule in fire.schedules(place):
        when = f"{schedule['ScheduleExpression']} {schedule['ScheduleExpressionTimezone']}"
        clock.say(f"{when}: {fire.fire(place, schedule) if schedule['State'] == 'ENABLED' else 'is disabled'}")
    queue = place.outputs()["UndeliveredEventsUrl"]
    undelivered = place.of_home("sqs").receive_message(QueueUrl=queue).get("Messages", [])
    if undelivered:
        raise fire.NotFired(f"an event did not get through: {undelivered[0]['Body']}")


class Clock:
    """Says what is done, with the time that it took."""

    def __init__(self):
        self.started = time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self.started:5.1f} s  {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sam", type=pathlib.Path, default=SAM, help="the SAM command")
    parser.add_argument("--write", action="store_true", help="write expected.yaml and variants.yaml anew")
    arguments = parser.parse_args()
    # They would otherwise end this script and leave the emulators.
    for number in SIGNALS:
        signal.signal(number, interrupted)
    try:
        with only_one("deploy-local"):
            problems = run(arguments.sam, arguments.write)
    except FAILURES as failure:
        sys.exit(f"deploy-local: {failure}")
    except KeyboardInterrupt:
        sys.exit("deploy-local: interrupted; everything it started has ended")
    if problems:
        more = [f"… {len(problems) - PROBLEMS} more"] if len(problems) > PROBLEMS else []
        sys.exit("\n".join(["deploy-local found:", *(f"- {one}" for one in problems[:PROBLEMS]), *more]))
    print("Files and mail are those of `make demo`; the resources those that are expected, and so what stays of them.")


if __name__ == "__main__":
    main()
