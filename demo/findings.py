"""Shows what a run found in an Organization, and checks it: findings in each form, digest and page."""

import fnmatch
import html.parser
import json

import show
from emulated import shown

SEVERITIES = ("critical", "high", "medium", "low")
STATUSES = ("new", "open", "resolved", "exempted")
WORST = ("severity", "status", "account_name", "user", "rule", "credential", "since")
# Gmail cuts a mail off at 102 KB.
LARGEST_DIGEST = 100_000
LARGEST_PAGE = 3_000_000
# Attributes that make a browser fetch or open something.
REFERENCES = ("src", "srcset", "href", "xlink:href", "action", "formaction", "data", "poster", "background", "ping")


class Findings:
    """The findings of one Organization in one run."""

    def __init__(self, answered, reports, time_stamp):
        self.organization = answered["org_id"]
        self.counts = answered.get("finding_counts", {})
        account = answered["management_account_id"]
        self.forms = [
            [
                reports / f"aws-{account}-findings-{edition}.jsonl",
                reports / f"aws-{account}-credential-report-{edition}-findings.csv",
                reports / f"aws-{account}-credential-report-{edition}-findings.ocsf.jsonl",
                reports / f"aws-{account}-credential-report-{edition}.html",
            ]
            for edition in (time_stamp, "latest")
        ]
        self.jsonl, self.csv, self.ocsf, self.page = self.forms[0]
        self.trend = reports / f"aws-{account}-findings-trend.json"
        self.named = [answered.get(name, "").rpartition("/")[2] for name in ("findings", "page")]
        self.all = json_lines(self.jsonl) if self.jsonl.is_file() else []

    def number(self, severity, *statuses):
        return sum(one["severity"] == severity and one["status"] in statuses for one in self.all)

    def with_status(self, status):
        return [one for one in self.all if one["status"] == status]

    def show(self):
        """Prints how many there are, and the worst of them."""
        print(f"\n{shown(self.jsonl)}: {len(self.all)} findings in {self.organization}\n")
        rows = [["", *STATUSES]]
        rows += [[one, *(str(self.number(one, status)) for status in STATUSES)] for one in SEVERITIES]
        rows += [["all", *(str(len(self.with_status(status))) for status in STATUSES)]]
        for row in rows:
            print("  " + row[0].ljust(10) + "".join(cell.rjust(10) for cell in row[1:]))
        # A sort keeps the order of the file where two are as bad.
        to_act_on = self.with_status("new") + self.with_status("open")
        worst = sorted(to_act_on, key=lambda one: SEVERITIES.index(one["severity"]))
        if worst:
            rows = [WORST, *([str(one[name]) for name in WORST] for one in worst)]
            print(f"\nThe worst that are new or open:\n\n{show.table(rows, in_order=True)}")
        print(f"\n{shown(self.csv)}\n{shown(self.ocsf)}\n{shown(self.page)}  (open it in a browser)")

    def problems(self, stage):
        """What is wrong with them, by sentence."""
        missing = [path.name for forms in self.forms for path in (*forms, self.trend) if not path.is_file()]
        if missing:
            return [f"{name} was not written" for name in dict.fromkeys(missing)]
        return [
            *self._wrong_numbers(stage.day),
            *self._wrong_forms(stage.day),
            *self._wrong_exemptions(stage),
            *page_problems(self.page),
        ]

    def _wrong_numbers(self, day):
        for severity in SEVERITIES:
            number = self.number(severity, "new", "open")
            if not number:
                yield f"no finding is {severity}"
            if self.counts.get(severity) != number:
                yield f"the answer says {self.counts.get(severity)} findings are {severity}, the file has {number}"
        for status in STATUSES:
            number = len(self.with_status(status))
            if self.counts.get(status) != number:
                yield f"the answer says {self.counts.get(status)} findings are {status}, the file has {number}"
            expected = status in ("new", "exempted") or day > 1
            if bool(number) != expected:
                yield f"{number} findings are {status} on day {day}"

    def _wrong_forms(self, day):
        rows, lines = len(show.read_csv(self.csv)) - 1, len(json_lines(self.ocsf))
        if not rows == lines == len(self.all):
            yield f"there are {len(self.all)} findings as JSON, {rows} as CSV and {lines} in OCSF"
        if self.named != [self.jsonl.name, self.page.name]:
            yield f"the answer names {self.named} in place of {self.jsonl.name} and {self.page.name}"
        for own, latest in zip(*self.forms, strict=True):
            if own.read_bytes() != latest.read_bytes():
                yield f"{latest.name} is not what {own.name} is"
        runs = json.loads(self.trend.read_text(encoding="utf-8"))["runs"]
        if len(runs) != day:
            yield f"{self.trend.name} has {len(runs)} runs on day {day}"

    def _wrong_exemptions(self, stage):
        for one in self.all:
            covering = [entry for entry in stage.exemptions if is_in_force(entry, stage) and is_for(entry, one)]
            if (one["status"] == "exempted") != bool(covering) and one["status"] != "resolved":
                name = f"{one['rule']} of {one['user']} in {one['account_id']}"
                yield f"{name} is {one['status']}, and {len(covering)} exemptions in force are for it"


def is_in_force(entry, stage):
    return stage.scheduled_time[: len(entry["until"])] <= entry["until"]


def is_for(entry, finding):
    """Whether an exemption is for a finding."""
    sides = {"account": ("account_id", "account_name"), "user": ("user", "user_arn"), "rule": ("rule",)}
    return all(
        any(fnmatch.fnmatchcase(finding[name], entry[side]) for name in names)
        for side, names in sides.items()
        if side in entry
    )


def json_lines(path):
    # Names may have characters that other ways of splitting take for the end of a line.
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


class References(html.parser.HTMLParser):
    """What an HTML file refers to outside of itself, and the content security policies in it."""

    def __init__(self):
        super().__init__()
        self.outside = []
        self.policies = []

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        for name in REFERENCES:
            # Within the page, or in the value itself.
            if values.get(name) and not values[name].startswith(("#", "data:")):
                self.outside.append(f"<{tag} {name}={values[name]}>")
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(values.get("content", ""))


def page_problems(page):
    size = page.stat().st_size
    if size > LARGEST_PAGE:
        yield f"{page.name} has {size} bytes"
    found = References()
    found.feed(page.read_text(encoding="utf-8"))
    found.close()
    for one in found.outside:
        yield f"{page.name} refers to {show.cut(one, 80)}"
    if not any("default-src 'none'" in policy for policy in found.policies):
        yield f"{page.name} has no content security policy that lets nothing in"


def digest_problems(mail, found, stage):
    """What is wrong with a mail, of which the HTML and the text are given as files: of its size, and of what it tells
    of the exemptions."""
    size = mail["html"].stat().st_size
    if size >= LARGEST_DIGEST:
        yield f"the digest has {size} bytes of HTML"
    # Lines are broken between words.
    text = " ".join(mail["text"].read_text(encoding="utf-8").split())
    for number, entry in enumerate(stage.exemptions, 1):
        if not is_in_force(entry, stage):
            expected = f"expired on {entry['until']}"
        else:
            expected = "" if any(is_for(entry, one) for one in found.all) else "matches no finding"
        told = f"exemption {number} (" in text.lower()
        if told != bool(expected) or expected not in text:
            yield f"the digest does not tell of exemption {number} what it should: {expected or 'nothing'}"
