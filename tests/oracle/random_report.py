"""A credential report with anything in it, findings of a run before and exemptions: everything follows from the seed.

    random_report.py SEED OUT_DIR

Writes them into the folder and prints what findings.py and `orgscan findings` are to be called with, as JSON:
{"arguments": ["OUT_DIR/report.csv", "--as-of", …], "environment": {"UNUSED_DAYS": …}}.
"""

import csv
import json
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from findings import FLAGS, MOMENTS, RULES, STATUSES, VERSIONS, Criteria, findings_of, line_of, moment

# Written out here again: what another file thinks of the columns is not to be trusted.
LEADING = ["account_id", "account_name", "org_id", "ou_path", "account_state", "report_generated_time"]
COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"
    "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
).split(",")
NAMES = [
    "alice", "Bob", "ci-deploy", "ci-build", "dave+ops", "eve=admin", "=1+1", "-frank", "@heidi", "+ivan", "a,b",
    'q"q"', "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "&lt;b&gt;", "two\nlines",
    "car\r\nriage", "\ttab", "生产 用户", "🚀", "line\u2028separator", "\x01\x1f\x7f", "back\\slash", "'quoted'",
    " spaces ", "*", "a?c", "[a-z]", "root", "<ROOT_ACCOUNT>", "N/A", "", "x" * 64,
]
FLAG_CELLS = ["true"] * 12 + ["false"] * 6
FLAG_CELLS += ["TRUE", "True", "FALSE", "False", "not_supported", "N/A", "no_information", ""]
NEVER_CELLS = ["N/A", "N/A", "no_information", "n/a", "NO_INFORMATION", "not_supported", "Not_Supported", ""]
UNREADABLE_FLAGS = ["yes", "1", " true", "truefalse", "null", "-"]
UNREADABLE_MOMENTS = [
    "yesterday", "2026-02-30T00:00:00Z", "2026-11-21", "2026-11-21T06:00:00", "2026-11-20T24:00:00Z", "0", " N/A",
    "None",
]


class Report:
    """Report, findings of a run before and exemptions."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        choice = self.random.choice
        self.cis = choice(VERSIONS)
        self.thresholds = [choice([45, 45, 1, 30, 3650]), choice([90, 90, 1, 45, 365]), choice([1, 1, 7, 90])]
        self.as_of = choice(
            ["2026-11-21T06:00:00Z"] * 3
            + ["2026-11-21", "2024-02-29T23:59:59+00:00", "2026-11-21T00:30:00+02:00", "2026-11-21T06:00:00.25Z"]
        )
        self.criteria = Criteria(moment(self.as_of), self.cis, *self.thresholds)
        self.unreadable = 0.02 if self.one_in(3) else 0
        self.merged = not self.one_in(5)
        self.partition = choice(["aws", "aws", "aws-us-gov", "aws-cn"])
        self.accounts = [(f"{number:012}", choice(NAMES), choice(["", "o-a/r-b/ou-c/"])) for number in self.numbers()]
        self.rows = [row for account in self.accounts for row in self.rows_of(*account)]

    def numbers(self):
        return sorted(self.random.sample(range(1, 10**12), self.random.choice([0, 1, 2, 4, 8])))

    def one_in(self, count):
        return self.random.randrange(count) == 0

    def rows_of(self, account, name, ou_path):
        row = {"account_id": account, "account_name": name, "org_id": "o-a", "ou_path": ou_path}
        row |= {"account_state": "ACTIVE", "report_generated_time": "2026-11-21T05:00:00Z"}
        users = self.random.sample(NAMES, self.random.choice([0, 1, 5, 12]))
        if not self.one_in(8):
            yield row | self.cells("<root_account>", f"arn:{self.partition}:iam::{account}:root")
        for user in users:
            path = self.random.choice(["", "a/b/"])
            yield row | self.cells(user, f"arn:{self.partition}:iam::{account}:user/{path}{user}")

    def cells(self, user, arn):
        cells = dict.fromkeys(COLUMNS, "N/A") | {"user": user, "arn": arn, "user_creation_time": self.moment()}
        cells |= {column: self.flag() for column in FLAGS}
        cells |= {column: self.moment_cell() for column in MOMENTS}
        if self.one_in(8):
            # Used at the same moment.
            cells |= dict.fromkeys([column for column in MOMENTS if "last_used" in column], self.moment())
        return cells | {"additional_credentials_info": "", "zz_new": self.random.choice(NAMES)}

    def flag(self):
        if self.random.random() < self.unreadable:
            return self.random.choice(UNREADABLE_FLAGS)
        return self.random.choice(FLAG_CELLS)

    def moment_cell(self):
        if self.random.random() < self.unreadable:
            return self.random.choice(UNREADABLE_MOMENTS)
        return self.random.choice(NEVER_CELLS) if self.one_in(3) else self.moment()

    def moment(self):
        """Most often a day that decides, or the second before or after it."""
        choice = self.random.choice
        days = max(-2, choice([0, 2000, *self.thresholds]) + choice([-1, 0, 0, 1, 2]))
        seconds = choice([-1, 0, 0, 1, self.random.randrange(86400)])
        time = self.criteria.as_of - timedelta(days=days, seconds=seconds)
        zone = choice([0] * 8 + [2, -7.5])
        local = time.astimezone(timezone(timedelta(hours=zone)))
        text = local.strftime("%Y-%m-%dT%H:%M:%S")
        if self.one_in(10):
            text += choice([".5", ".000001", ".999999"])
        if zone:
            return text + local.strftime("%z")[:3] + ":" + local.strftime("%z")[3:]
        return (text + choice(["Z", "Z", "+00:00"])).lower() if self.one_in(20) else text + choice(["Z", "+00:00"])

    def write_csv(self, path):
        columns = [*(LEADING if self.merged else []), *COLUMNS]
        if self.one_in(3):
            columns.append("additional_credentials_info")
        if self.one_in(3):
            columns.append("zz_new")
        if self.one_in(6):
            columns.remove(self.random.choice(COLUMNS[2:]))
        if self.one_in(6):
            self.random.shuffle(columns)
        ending = "\r\n" if self.merged else "\n"
        quotes = csv.QUOTE_ALL if self.one_in(8) else csv.QUOTE_MINIMAL
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator=ending, quoting=quotes)
            writer.writeheader()
            writer.writerows(self.rows)
        if not self.merged:
            # As the console gives it: nothing ends the last line.
            path.write_bytes(path.read_bytes().removesuffix(ending.encode()))

    def previous(self):
        """Findings of a run some days before: today's, those of rows that changed, and of accounts not read today."""
        choice = self.random.choice
        rows = [row for row in self.rows if not self.one_in(5)]
        rows = [row | self.cells(row["user"], row["arn"]) if self.one_in(3) else row for row in rows]
        for account in self.numbers()[:2]:
            rows += self.rows_of(f"{account:012}", choice(NAMES), "")
        as_of = self.criteria.as_of - timedelta(days=choice([1, 3, 7]))
        found = findings_of(rows, Criteria(as_of, choice(VERSIONS), *self.thresholds))
        if self.one_in(4):
            self.random.shuffle(found)
        for finding in found:
            since = as_of.astimezone(timezone.utc) - timedelta(days=choice([0, 0, 1, 400, -5]))
            finding |= {"status": choice(STATUSES), "since": f"{since:%Y-%m-%d}", "detail": choice(NAMES) or "-"}
            if finding["status"] == "open" and self.one_in(3):
                finding["covered"] = False
        return "".join(map(line_of, found)), f"{as_of.astimezone(timezone.utc):%Y-%m-%dT%H-%M-%SZ}"

    def exemptions(self):
        choice = self.random.choice
        today = datetime.fromisoformat(self.criteria.today)
        ids, names = ([account[side] for account in self.accounts] or ["000000000000"] for side in (0, 1))
        entries = []
        for _ in range(choice([0, 1, 4, 10])):
            entry = {"reason": "agreed", "until": f"{today + timedelta(days=choice([-1, 0, 0, 1, 300])):%Y-%m-%d}"}
            if self.one_in(2):
                known = choice(ids)
                entry["account"] = choice([known, f"{known[:6]}*", "?" * 12, choice(names) or "*", "*"])
            if self.one_in(2):
                user = choice(NAMES)
                patterns = [f"{user[:2]}*", f"*{user[1:]}", "*:user/a/b/*", "?????", "<root_*>"]
                entry["user"] = choice([user or "*", *patterns])
            if self.one_in(2) or len(entry) == 2:
                rule = choice(list(RULES))
                patterns = [f"*{rule[4:]}", "root-*", "*-key", "unused-???", rule.replace("-", "?")]
                entry["rule"] = choice([rule, rule, *patterns])
            if self.one_in(6):
                entry |= choice(
                    [{"reason": " "}, {"until": "2030-2-1"}, {"until": "20300201"}, {"note": "x"}, {"rule": "no-such"},
                     {"user": 5}]
                )
            if self.one_in(12):
                del entry[choice(list(entry))]
            entries.append(entry)
        if self.one_in(8):
            entries.append(choice([None, "all", 7, []]))
        return json.dumps(entries if not self.one_in(20) else {"entries": entries}, ensure_ascii=False)


def main(seed, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(int(seed))
    report.write_csv(folder / "report.csv")
    arguments = [str(folder / "report.csv"), "--as-of", report.as_of, "--cis", report.cis]
    if not report.one_in(3):
        lines, stamp = report.previous()
        path = folder / f"findings-{stamp}.jsonl"
        path.write_text(lines, encoding="utf-8", newline="")
        arguments += ["--previous", str(path)]
    if not report.one_in(3):
        path = folder / "exemptions.json"
        path.write_text(report.exemptions(), encoding="utf-8", newline="")
        arguments += ["--exemptions", str(path)]
    names = ("UNUSED_DAYS", "KEY_ROTATION_DAYS", "ROOT_USE_DAYS")
    environment = dict(zip(names, map(str, report.thresholds)))
    print(json.dumps({"arguments": arguments, "environment": environment}))


if __name__ == "__main__":
    main(*sys.argv[1:])
