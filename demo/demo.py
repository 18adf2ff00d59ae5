"""The demo: both functions, as they are deployed, in a world of three Organizations on an AWS emulator of this machine.

`run` builds the world, invokes both functions, shows what they wrote, and ends everything. Where a run was before, its
bucket is filled with what that one left, and the world is a day older. `up` leaves the world of the first day running
for `orgscan` and other programs, `down` ends it.
"""

import argparse
import contextlib
import datetime
import fcntl
import json
import shlex
import shutil
import signal
import sys
import time

# Nothing is written beside the sources.
sys.dont_write_bytecode = True

import emulators
import screens
import show
import world
from emulated import BINARIES, EXEMPTIONS, JOBS, PREFIX, ROOT, Failed, first_day, shown
from findings import Findings, digest_problems
from stage import Stage
from template import NotResolved

TARGET = ROOT / "target" / "demo"
STATE = TARGET / "state.json"
REPORTS = TARGET / PREFIX
MAIL = TARGET / "mail"
SCREENS = TARGET / "screens"
# How names spell the time of a run.
TIME_STAMP = "%Y-%m-%dT%H-%M-%SZ"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TEXT_LINES = 16
PROBLEMS = 10


@contextlib.contextmanager
def only_one(name):
    """Holds a lock while another process must not do the same."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with open(TARGET / f"{name}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another `{name}` is at work") from None
        yield


@contextlib.contextmanager
def ended_afterwards(stage, only_on_failure=False):
    """Ends the emulators afterwards, whatever happens, and whatever signals arrive while they end."""
    completed = False
    try:
        yield
        completed = True
    finally:
        if not (completed and only_on_failure):
            handlers = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
            stage.stop()
            for number, handler in handlers.items():
                signal.signal(number, handler)


def next_day():
    """The day that this run is on: one after the last whose findings are here, else the first."""
    days = [0]
    for path in REPORTS.glob("aws-*-findings-*Z.jsonl"):
        time_stamp = datetime.datetime.strptime(path.name.partition("-findings-")[2], f"{TIME_STAMP}.jsonl")
        days.append((time_stamp.replace(tzinfo=datetime.timezone.utc) - first_day()).days + 1)
    return max(days) + 1


def run():
    """Builds the world, invokes both functions, shows what they wrote."""
    started = time.monotonic()
    day = next_day()
    if day == 1:
        emulators.clear(REPORTS)
        emulators.clear(MAIL)
    stage = Stage(TARGET / "run", day)
    with ended_afterwards(stage):
        stage.start()
        stage.upload(REPORTS)
        organizations = stage.organizations.values()
        print(
            f"Day {day}, {stage.scheduled_time}. The world is up in {time.monotonic() - started:.1f} s: "
            f"{len(organizations)} Organizations, {sum(len(tenant.accounts) for tenant in organizations)} accounts, "
            f"{len(world.tenant_items(stage.organizations))} items in the tenants table."
        )
        answers = {job: stage.invoke(job) for job in JOBS}
        stage.download(stage.folder / "bucket")
        messages = stage.messages()
    # Only what is whole takes the place of what the run before left.
    shutil.rmtree(REPORTS)
    (stage.folder / "bucket" / PREFIX).rename(REPORTS)
    (TARGET / EXEMPTIONS).write_text(json.dumps(stage.exemptions, indent=2) + "\n", encoding="utf-8")
    time_stamp = stage.scheduled_time.replace(":", "-")
    mails = save_mails(messages, time_stamp)
    problems = []
    for job, answer in answers.items():
        problems += report(job, answer, time_stamp, stage)
    found = [Findings(one, REPORTS, time_stamp) for one in answers["credential-report"]["organizations"]]
    for one in found:
        one.show()
        problems += one.problems(stage)
    problems += report_mail(mails, answers["credential-report"])
    for mail, one in zip(mails, found):
        problems += digest_problems(mail, one, stage)
    list_files(time_stamp)
    for mail, one in zip(mails[:1], found[:1]):
        print(screens.take(mail["html"], one.page, SCREENS))
    print(f"{time.monotonic() - started:.1f} s in all.")
    if problems:
        more = [f"… {len(problems) - PROBLEMS} more"] if len(problems) > PROBLEMS else []
        raise Failed("\n".join(["the check found:", *(f"- {one}" for one in problems[:PROBLEMS]), *more]))
    print(f"Every account of the world is in a ledger, as expected: {len(stage.builder.accounts())} of them.")
    print(f"Run it again for day {day + 1}, or delete {shown(TARGET)} to begin anew.")


def list_files(time_stamp):
    """Prints where everything lies: each file of this run with its size, those of earlier ones as a number."""
    print(f"\n{'═' * show.WIDTH}\nAll of it lies in {shown(TARGET)}:\n")
    own, earlier = [TARGET / EXEMPTIONS], []
    for path in sorted([*REPORTS.rglob("*"), *MAIL.rglob("*")]):
        if path.is_file():
            is_own = any(mark in path.name for mark in (time_stamp, "-latest", "-trend"))
            (own if is_own else earlier).append(path)
    for path in own:
        print(f"  {path.stat().st_size:>9,}  {shown(path)}")
    if earlier:
        size = sum(path.stat().st_size for path in earlier)
        print(f"  {size:>9,}  in {len(earlier)} files of the days before")
    print()


def report(job, answer, time_stamp, stage):
    """Shows the reports and ledgers that a function wrote; answers what is wrong with them."""
    print(f"\n{'═' * show.WIDTH}\n{job}: {answer['status']}")
    kind = job if job == "credential-report" else f"{job}-report"
    reports = sorted(REPORTS.glob(f"aws-*-{kind}-{time_stamp}.csv"))
    ledgers = sorted(REPORTS.glob(f"aws-*-{kind}-{time_stamp}-coverage.csv"))
    newest = [*REPORTS.glob(f"aws-*-{kind}-latest.csv"), *REPORTS.glob(f"aws-*-{kind}-latest-coverage.csv")]
    for path in [*reports, *ledgers]:
        print(f"\n{shown(path)}\n{show.table(show.read_csv(path))}")
    ledger = show.Ledgers(ledgers)
    sums = ledger.sums()
    print(f"\nCoverage: {sums['listed']} listed = " + " + ".join(f"{sums[one]} {one}" for one in list(sums)[1:]))
    for rejected in answer.get("tenants", {}).get("rejected", []):
        tenant = rejected["tenant_id"] or "(no id)"
        print("  " + show.cut(f"tenant {tenant} rejected: {rejected['reason']}", show.WIDTH - 2))
    for warning in answer.get("warnings", []):
        print("  " + show.cut(f"warning: {warning}", show.WIDTH - 2))
    expected = stage.expected_outcomes()[job]
    for account, outcome in sorted(ledger.outcomes.items()):
        if ledger.details[account] and outcome != "skipped_state":
            print("  " + show.cut(f"{account} {outcome}: {ledger.details[account]}", show.WIDTH - 2))
    problems = [f"{job}: {one}" for one in ledger.problems(expected)]
    if job == "credential-report" and answer["status"] != "complete":
        problems.append(f"{job}: the run is {answer['status']} where nothing is missing in its Organization")
    answered = [one["accounts"] for one in answer["organizations"]]
    for name, number in sums.items():
        if sum(one[name] for one in answered) != number:
            problems.append(f"{job}: the answer counts other accounts as {name} than the ledgers do")
    if not len(reports) == len(ledgers) == len(newest) / 2 == len(answered):
        problems.append(f"{job}: a report, a ledger or the newest of them is missing for {len(answered)} Organizations")
    if job == "account-metadata" and len(answer["tenants"]["rejected"]) != world.REJECTED_TENANTS:
        problems.append(f"{job}: {world.REJECTED_TENANTS} tenants should be rejected")
    return problems


def save_mails(kept, time_stamp):
    """Writes the HTML and the text of every mail; answers each with its paths."""
    MAIL.mkdir(exist_ok=True)
    mails = []
    for messages in kept["messages"].values():
        for message in messages:
            name = f"{time_stamp}-{len(mails) + 1}"
            parts = {"html": MAIL / f"{name}.html", "text": MAIL / f"{name}.txt"}
            parts["html"].write_text(message.get("BodyHtml") or "", encoding="utf-8")
            parts["text"].write_text(message.get("BodyText") or "", encoding="utf-8")
            mails.append({**parts, "subject": message["Subject"], "to": message["To"]})
    return mails


def report_mail(mails, answer):
    """Shows the mails that were sent; answers what is wrong with them."""
    print(f"\n{'═' * show.WIDTH}")
    problems = []
    for mail in mails:
        text = mail["text"].read_text(encoding="utf-8")
        print(f"mail to {', '.join(mail['to'])}: {mail['subject']}\n\n{shown(mail['html'])}\n{shown(mail['text'])}")
        lines = text.splitlines()
        for line in lines[:TEXT_LINES]:
            print("  " + show.cut(line, show.WIDTH - 2))
        if len(lines) > TEXT_LINES:
            print(f"  … {len(lines) - TEXT_LINES} more lines")
        if not text.strip() or "<" not in mail["html"].read_text(encoding="utf-8"):
            problems.append("a mail has no text or no HTML")
    if answer.get("mail", {}).get("sent") != len(mails) or not mails:
        problems.append(f"{len(mails)} mails arrived, the answer says {answer.get('mail')}")
    return problems


def up():
    """Leaves a world running, and says how to use it."""
    state = running()
    if state:
        print("The demo's world is up already.")
        return tell(state)
    stage = Stage(TARGET / "up")
    with ended_afterwards(stage, only_on_failure=True):
        stage.start()
        state = stage.description()
        STATE.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    return tell(state)


def running():
    """The state of the world that is up; what is left of one that is not is removed."""
    if not STATE.exists():
        return None
    state = json.loads(STATE.read_text(encoding="utf-8"))
    if all(emulators.is_emulator(pid, TARGET / "up" / name) for name, pid in state["pids"].items()):
        return state
    down()
    return None


def tell(state):
    credentials = state["credentials"]
    variables = {
        "AWS_ENDPOINT_URL": state["endpoint"],
        "AWS_REGION": state["region"],
        "AWS_ACCESS_KEY_ID": credentials["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": credentials["secret_access_key"],
    }
    variables.update(
        {
            name: value
            for name, value in state["settings"]["credential-report"].items()
            if name in ("MEMBER_ROLE_NAME", "EXTERNAL_ID", "OUTPUT_BUCKET", "OUTPUT_PREFIX", "EXEMPTIONS")
        }
    )
    print(f"The world is described in {shown(STATE)}. Paste this, then run the command:\n")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    print("unset AWS_PROFILE AWS_SESSION_TOKEN\n")
    print(f"{shown(BINARIES)}/orgscan credential-report\n")
    print("`make demo-down` ends it.")


def down():
    """Ends the world that `up` left, by its process ids."""
    if not STATE.exists():
        print("The demo's world is not up.")
        return
    for name, pid in json.loads(STATE.read_text(encoding="utf-8"))["pids"].items():
        if emulators.is_emulator(pid, TARGET / "up" / name):
            emulators.end_group(pid, lambda pid=pid, name=name: emulators.is_emulator(pid, TARGET / "up" / name))
            print(f"{name} (process {pid}) has ended.")
        else:
            print(f"{name} (process {pid}) had ended already.")
    STATE.unlink()


def interrupted(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["run", "up", "down"])
    command = parser.parse_args().command
    # They would otherwise end this script and leave the emulators.
    for number in SIGNALS:
        signal.signal(number, interrupted)
    try:
        with only_one("run" if command == "run" else "up"):
            {"run": run, "up": up, "down": down}[command]()
    except (Failed, NotResolved, emulators.DidNotStart) as failure:
        sys.exit(f"demo: {failure}")
    except KeyboardInterrupt:
        sys.exit("demo: interrupted; everything it started has ended")


if __name__ == "__main__":
    main()
