"""The findings of a merged credential report, derived from its cells alone.

    findings.py REPORT.csv --as-of TIME [--cis 7.0.0] [--previous FILE.jsonl] [--coverage LEDGER.csv]
        [--exemptions FILE] [--unused-days 45] [--key-rotation-days 90] [--root-use-days 1] > out.jsonl
    findings.py --self-test

Where an argument is not given, the setting of the same name counts. `detail` is left empty: its wording is not derived.
"""

import argparse
import csv
import json
import os
import re
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

# Rule → severity, and the controls of the benchmark's versions 7.0.0, 6.0.0 and 5.0.0.
RULES = {
    "root-access-key": ("critical", "2.4", "2.3", "1.3"),
    "root-mfa": ("critical", "2.5", "2.4", "1.4"),
    "root-used": ("high", "2.7", "2.6", "1.6"),
    "root-certificate": ("high", None, None, None),
    "console-mfa": ("high", "2.10", "2.9", "1.9"),
    "unused-password": ("medium", "2.11", "2.11", "1.11"),
    "unused-key": ("medium", "2.11", "2.11", "1.11"),
    "key-rotation": ("medium", "2.12", "2.13", "1.13"),
    "two-active-keys": ("low", None, "2.12", "1.12"),
    "setup-key": ("low", None, "2.10", "1.10"),
}
VERSIONS = ("7.0.0", "6.0.0", "5.0.0")
CREDENTIALS = ("password", "access_key_1", "access_key_2", "cert_1", "cert_2", "mfa")
STATUSES = ("new", "open", "resolved", "exempted")
IDENTITY = ("account_id", "user_arn", "rule", "credential")
TEXTS = ("account_id", "account_name", "ou_path", "user", "user_arn", "rule", "since", "detail")

KEYS, CERTIFICATES = ("access_key_1", "access_key_2"), ("cert_1", "cert_2")
# The cells that rules look at.
FLAGS = ("password_enabled", "mfa_active", *(f"{slot}_active" for slot in KEYS + CERTIFICATES))
MOMENTS = (
    "password_last_used", "password_last_changed",
    *(f"{key}_{what}" for key in KEYS for what in ("last_rotated", "last_used_date")),
)
# What stands in a cell that has no value, in any case.
NOT_SAID = ("not_supported", "n/a", "no_information")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII)

# What there is of a run before, where there are no findings of one.
FIRST, UNKNOWN = "first", "unknown"


@dataclass
class Criteria:
    """What findings are made by."""

    as_of: datetime
    cis: str = "7.0.0"
    unused_days: int = 45
    key_rotation_days: int = 90
    root_use_days: int = 1

    @property
    def today(self):
        return self.as_of.astimezone(timezone.utc).date().isoformat()


def time_of(text):
    """The time; none where the text is none."""
    try:
        return datetime.fromisoformat(text.upper()) if TIME.fullmatch(text) else None
    except ValueError:
        return None


def cell_of(row, column):
    return (row.get(column) or "").lower()


def is_true(row, column):
    return cell_of(row, column) == "true"


def is_false(row, column):
    return cell_of(row, column) == "false"


def is_never(row, column):
    """Whether the report says that there was no use; an empty cell says nothing."""
    return cell_of(row, column) in ("n/a", "no_information")


def age(row, column, as_of):
    """Whole days since then, none where that is not known; what is yet to come is of today."""
    time = time_of(cell_of(row, column))
    return None if time is None else max(0, (as_of - time) // timedelta(days=1))


def is_judged(row):
    """Whether every rule could be answered: a cell that is empty or neither value nor placeholder leaves one open."""
    flags = all(cell_of(row, column) in ("true", "false", *NOT_SAID) for column in FLAGS)
    moments = (cell_of(row, column) for column in MOMENTS)
    return flags and all(cell in NOT_SAID or time_of(cell) for cell in moments)


def violations(row, criteria):
    """Every rule that a row breaks, with the credential and what the rule's clock shows."""
    active = [key for key in KEYS if is_true(row, f"{key}_active")]
    of_row = of_root if row["user"] == "<root_account>" else of_user
    return sorted(of_row(row, active, criteria), key=lambda one: list(RULES).index(one[0]))


def of_root(row, active, criteria):
    for key in active:
        yield "root-access-key", key, None
    if not is_false(row, "password_enabled") and is_false(row, "mfa_active"):
        yield "root-mfa", "mfa", None
    uses = [("password", "password_last_used")] + [(key, f"{key}_last_used_date") for key in active]
    times = [(credential, column, time_of(cell_of(row, column))) for credential, column in uses]
    known = [use for use in times if use[2]]
    if known:
        credential, column, _ = max(known, key=lambda use: use[2])
        days = age(row, column, criteria.as_of)
        if days <= criteria.root_use_days:
            yield "root-used", credential, days
    for certificate in CERTIFICATES:
        if is_true(row, f"{certificate}_active"):
            yield "root-certificate", certificate, None


def of_user(row, active, criteria):
    def unused(last_used, made):
        days = age(row, made if is_never(row, last_used) else last_used, criteria.as_of)
        return days if days is not None and days >= criteria.unused_days else None

    has_password = is_true(row, "password_enabled")
    if has_password and is_false(row, "mfa_active"):
        yield "console-mfa", "mfa", None
    if has_password and (days := unused("password_last_used", "password_last_changed")) is not None:
        yield "unused-password", "password", days
    for key in active:
        if (days := unused(f"{key}_last_used_date", f"{key}_last_rotated")) is not None:
            yield "unused-key", key, days
        days = age(row, f"{key}_last_rotated", criteria.as_of)
        if days is not None and days > criteria.key_rotation_days:
            yield "key-rotation", key, days
        if has_password and is_never(row, f"{key}_last_used_date"):
            yield "setup-key", key, None
    if len(active) == 2:
        yield "two-active-keys", "access_key_2", None


def account_of(row):
    if row.get("account_id"):
        return row["account_id"]
    # A report as the console gives it: its ARNs say whose it is.
    account = [*row["arn"].split(":"), *[""] * 4][4]
    return account if re.fullmatch("[0-9]{12}", account) else ""


def findings_of(rows, criteria, previous=FIRST, exemptions=(), ledger=None):
    """The findings of a report's rows, then those of the run before that are gone or carried on.

    `previous` is a list of findings, FIRST or UNKNOWN. The ledger names every account of the Organization; without one,
    the accounts that have rows were read, and of others nothing is known.
    """
    known = previous if isinstance(previous, list) else []
    known = {identity(one): one for one in known if one["status"] != "resolved"}
    found, seen = [], set()
    for row in rows:
        for rule, credential, days in violations(row, criteria):
            severity, *controls = RULES[rule]
            one = {
                "account_id": account_of(row),
                "account_name": row.get("account_name") or "",
                "ou_path": row.get("ou_path") or "",
                "user": row["user"],
                "user_arn": row["arn"],
                "rule": rule,
                "credential": credential,
                "severity": severity,
                "cis": controls[VERSIONS.index(criteria.cis)],
                "status": "open" if previous == UNKNOWN else "new",
                "since": criteria.today,
            }
            before = known.get(identity(one))
            if before:
                # A clock that went back makes no finding younger.
                one |= {"status": "open", "since": min(before["since"], criteria.today)}
            if is_exempted(one, exemptions, criteria.today):
                one["status"] = "exempted"
            seen.add(identity(one))
            found.append(one | ({} if days is None else {"age_days": days}) | {"detail": ""})
    read, left = fates(rows, ledger)
    for one in known.values():
        if identity(one) in seen:
            continue
        one = {name: value for name, value in one.items() if name != "covered"} | {"detail": ""}
        if one["account_id"] in read or left(one["account_id"]):
            found.append(one | {"status": "resolved"})
        else:
            exempted = is_exempted(one, exemptions, criteria.today)
            found.append(one | {"status": "exempted" if exempted else "open", "covered": False})
    return found


def identity(finding):
    return tuple(finding[name] for name in IDENTITY)


def fates(rows, ledger):
    """The accounts whose findings are gone where they are not found, and which accounts have left."""
    read = {account_of(row) for row in rows}
    if ledger is not None:
        read = {row["account_id"] for row in ledger if row["outcome"] in ("reported", "reported_partially")}
    read -= {account_of(row) for row in rows if not is_judged(row)}
    listed = None if ledger is None else {row["account_id"] for row in ledger}
    return read, lambda account: listed is not None and account not in listed


def read_findings(content):
    """The findings of a file of JSON lines; UNKNOWN where one line is none."""
    lines = content.split(b"\n")
    if lines[-1] == b"":
        del lines[-1]
    try:
        found = [json.loads(line) for line in lines]
    except ValueError:
        return UNKNOWN
    return found if all(map(is_finding, found)) else UNKNOWN


def is_finding(one):
    if not isinstance(one, dict) or not all(isinstance(one.get(name), str) for name in TEXTS):
        return False
    try:
        date.fromisoformat(one["since"])
    except ValueError:
        return False
    severities = {severity for severity, *_ in RULES.values()}
    return one.get("credential") in CREDENTIALS and one.get("status") in STATUSES and one.get("severity") in severities


def matches(pattern, text):
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(character) or re.escape(character) for character in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def is_exempted(finding, exemptions, today):
    sides = {"account": ("account_id", "account_name"), "user": ("user", "user_arn"), "rule": ("rule",)}
    return any(
        today <= one["until"]
        and all(
            any(matches(one[side], finding[name]) for name in names) for side, names in sides.items() if side in one
        )
        for one in exemptions
    )


def read_exemptions(content):
    """The entries of a list that can be used; none where it is no list."""
    try:
        # As pairs, so that a member that is there twice is seen.
        entries = json.loads(content.decode("utf-8-sig"), object_pairs_hook=Members)
    except ValueError:
        return []
    if not isinstance(entries, list) or isinstance(entries, Members):
        return []
    return [dict(entry) for entry in entries if isinstance(entry, Members) and is_usable(entry)]


class Members(list):
    """The members of a JSON object."""


def is_usable(members):
    entry = dict(members)
    sides = {"account", "user", "rule"} & set(entry)
    if len(entry) < len(members) or set(entry) - sides != {"reason", "until"} or not sides:
        return False
    if not all(isinstance(value, str) and value.strip() for value in entry.values()):
        return False
    try:
        is_date = date.fromisoformat(entry["until"]).isoformat() == entry["until"]
    except ValueError:
        is_date = False
    is_rule = any(matches(entry.get("rule", "*"), rule) for rule in RULES)
    is_account = not re.fullmatch("[0-9]+", entry.get("account", "")) or len(entry["account"]) == 12
    return is_date and is_rule and is_account


def line_of(finding):
    """A finding as it is written: nothing between values, nothing escaped that need not be."""
    return json.dumps(finding, ensure_ascii=False, separators=(",", ":")) + "\n"


def read_rows(path):
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def moment(text):
    """A time, or the first one of a day."""
    time = time_of(text) or time_of(f"{text}T00:00:00Z")
    if not time:
        raise argparse.ArgumentTypeError(f"{text} is neither a date nor a time")
    return time


def main():
    def setting(name, default):
        return os.environ.get(name) or default

    parser = argparse.ArgumentParser()
    parser.add_argument("report")
    parser.add_argument("--as-of", type=moment, required=True)
    parser.add_argument("--cis", choices=VERSIONS, default=setting("CIS_VERSION", "7.0.0"))
    parser.add_argument("--previous", type=Path)
    parser.add_argument("--coverage")
    parser.add_argument("--exemptions", type=Path, default=setting("EXEMPTIONS", None))
    parser.add_argument("--unused-days", type=int, default=setting("UNUSED_DAYS", "45"))
    parser.add_argument("--key-rotation-days", type=int, default=setting("KEY_ROTATION_DAYS", "90"))
    parser.add_argument("--root-use-days", type=int, default=setting("ROOT_USE_DAYS", "1"))
    given = parser.parse_args()
    criteria = Criteria(given.as_of, given.cis, given.unused_days, given.key_rotation_days, given.root_use_days)
    found = findings_of(
        read_rows(given.report),
        criteria,
        read_findings(given.previous.read_bytes()) if given.previous else FIRST,
        read_exemptions(given.exemptions.read_bytes()) if given.exemptions else (),
        read_rows(given.coverage) if given.coverage else None,
    )
    sys.stdout.buffer.write("".join(map(line_of, found)).encode())


def self_test():
    """The boundaries, to the second."""
    now = moment("2026-11-21T06:00:00Z")
    criteria = Criteria(now)

    def ago(days, seconds=0):
        return (now - timedelta(days=days, seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S+00:00")

    def check(expected, user="alice", **cells):
        broken = [one[0] for one in violations({"user": user, "arn": ""} | cells, criteria)]
        assert broken == expected.split(), (user, cells, broken)

    for days, seconds, unused, rotation, used in [
        (45, -1, "", "", ""), (45, 0, "unused", "", ""), (45, 1, "unused", "", ""),
        (91, -1, "unused", "", ""), (91, 0, "unused", "rotation", ""), (-1, 0, "", "", "used"),
        (2, 1, "", "", ""), (2, 0, "", "", ""), (2, -1, "", "", "used"), (0, 0, "", "", "used"),
    ]:
        then = ago(days, seconds)
        check("unused-password" if unused else "", password_enabled="TRUE", password_last_used=then)
        never = {"password_last_used": "no_information", "password_last_changed": then}
        check("unused-password" if unused else "", password_enabled="true", **never)
        check("unused-key" if unused else "", access_key_2_active="true", access_key_2_last_used_date=then)
        check("", access_key_1_active="false", access_key_1_last_used_date=then, access_key_1_last_rotated=then)
        both = ("unused-key " if unused else "") + ("key-rotation" if rotation else "")
        check(both, access_key_1_active="true", access_key_1_last_used_date="N/A", access_key_1_last_rotated=then)
        check("root-used" if used else "", "<root_account>", password_last_used=then)
    for password, mfa, expected in [
        ("true", "false", "root-mfa"), ("not_supported", "False", "root-mfa"), ("", "false", "root-mfa"),
        ("FALSE", "false", ""), ("true", "true", ""), ("true", "", ""), ("true", "not_supported", ""),
    ]:
        check(expected, "<root_account>", password_enabled=password, mfa_active=mfa)
    assert matches("a*?c", "a/\nc") and not matches("a*?c", "ac") and not matches("A", "a") and matches("[a]", "[a]")


if __name__ == "__main__":
    self_test() if sys.argv[1:] == ["--self-test"] else main()
