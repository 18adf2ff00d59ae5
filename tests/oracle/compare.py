"""Compares the objects that were written with the expected ones, byte for byte.

    compare.py [--ignore-generated-time] EXPECTED_DIR ACTUAL_DIR

Ledgers are compared without `duration_ms` and `detail`, which the expected ones leave empty. Of findings the texts
whose wording is our own must be there, whatever they say. OCSF lines are expected as the findings they stand for: as
many, in the same order, each with what its finding is about. A page must be HTML. The trend must say the
same, however it is spaced. Every `-latest` object must equal the newest of its kind, and no object may be there that is
not expected. Exits 1 where anything differs.
"""

import argparse
import csv
import difflib
import io
import json
import re
from pathlib import Path

# Texts of findings that must be there and may say anything.
WORDED = ["title", "detail", "remedy"]
# Texts of a finding that its OCSF line has somewhere.
IN_OCSF = ["account_id", "user_arn", "rule", "credential", "status", "since"]
# What is written as the newest, too.
KINDS_WITH_LATEST = (".csv", ".jsonl", ".html")
STAMP = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ"


def objects(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def blanked(content, columns):
    """A CSV without what stands in these columns, written again only where something stood there."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    indexes = [rows[0].index(column) for column in columns if column in rows[0]]
    for row in rows[1:]:
        for index in indexes:
            row[index] = ""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def show(name, expected, actual):
    sides = [side.decode(errors="backslashreplace").split("\n") for side in (expected, actual)]
    lines = list(difflib.unified_diff(*map(visible, sides), f"expected {name}", f"actual {name}", lineterm="", n=1))
    print("\n".join(lines[:40]))
    if len(lines) > 40:
        print(f"… {len(lines) - 40} lines more")


def visible(lines):
    return [line.replace("\r", "\\r").replace("\t", "\\t") for line in lines]


def is_well_made(content):
    """Whether reading and writing again gives the same bytes: CRLF, minimal quotes, nothing else."""
    return blanked(content, []) == content


def ledger(expected, found, ignored):
    columns = [*ignored, "duration_ms", "detail"]
    return [], blanked(expected, columns), blanked(found, columns)


def table(expected, found, ignored):
    return [], blanked(expected, ignored), blanked(found, ignored)


def findings_table(expected, found, ignored):
    records = csv.DictReader(io.StringIO(found.decode(), newline=""))
    problems = [
        f"row {number}: {column} is empty"
        for number, record in enumerate(records, 1)
        for column in WORDED
        if not (record.get(column) or "").strip()
    ]
    return problems, blanked(expected, WORDED), blanked(found, WORDED)


def findings_lines(expected, found, _):
    """JSON lines, each as it would be written again, but for the detail."""
    problems, lines = [], []
    if found and not found.endswith(b"\n"):
        problems.append("nothing ends the last line")
    for number, line in enumerate(lines_of(found), 1):
        try:
            finding = json.loads(line)
            if as_line(finding) != line:
                problems.append(f"line {number} is not JSON as it should be: nothing between values, UTF-8 as it is")
            detail = finding.get("detail")
            if not isinstance(detail, str) or not detail.strip():
                problems.append(f"line {number}: detail is empty")
            line = as_line(finding | {"detail": ""} if "detail" in finding else finding)
        except (ValueError, TypeError, AttributeError):
            problems.append(f"line {number} is no JSON object")
        lines.append(line)
    return problems, expected, b"".join(line + b"\n" for line in lines)


def ocsf_lines(expected, found, _):
    """OCSF is not derived: as many lines as findings, each of which says what its finding does."""
    problems = []
    findings, lines = [json.loads(line) for line in lines_of(expected)], lines_of(found)
    if len(lines) != len(findings):
        problems.append(f"{len(lines)} lines for {len(findings)} findings")
    for number, (finding, line) in enumerate(zip(findings, lines), 1):
        try:
            texts = set(texts_in(json.loads(line)))
        except ValueError:
            problems.append(f"line {number} is not JSON")
            continue
        problems += [f"line {number} lacks the {name}" for name in IN_OCSF if finding[name] not in texts | {""}]
    return problems, b"", b""


def page(_expected, found, _):
    """A page is not derived."""
    is_page = found.lstrip()[:14].lower() == b"<!doctype html" and found.rstrip()[-7:].lower() == b"</html>"
    return [] if is_page else ["it is no HTML page"], b"", b""


def trend(expected, found, _):
    try:
        found = spaced(found)
    except ValueError:
        return ["it is not JSON"], expected, found
    return [], spaced(expected), found


def as_is(expected, found, _):
    return [], expected, found


# The first name that fits says how two objects are compared: what is wrong with the one, and what has to be equal.
FORMS = [
    ("-coverage.csv", ledger),
    ("-findings.csv", findings_table),
    (".csv", table),
    (".ocsf.jsonl", ocsf_lines),
    (".jsonl", findings_lines),
    (".html", page),
    ("-trend.json", trend),
    ("", as_is),
]


def lines_of(content):
    lines = content.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def as_line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def spaced(content):
    return json.dumps(json.loads(content), indent=1, sort_keys=True).encode()


def texts_in(value):
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)


def compare(expected, actual, ignored):
    """The number of differences, each printed."""
    differences = 0

    def differ(text):
        nonlocal differences
        differences += 1
        print(text)

    for name, content in sorted(expected.items()):
        if name not in actual:
            differ(f"{name} is missing")
            continue
        found = actual[name]
        if name.endswith(".csv") and not is_well_made(found):
            differ(f"{name} is not CSV as it should be: CRLF, quotes only where needed")
        form = next(form for end, form in FORMS if name.endswith(end))
        problems, content, found = form(content, found, ignored)
        if problems:
            differ(f"{name}: {len(problems)} problems, such as: " + "; ".join(problems[:5]))
        if content != found:
            differ(f"{name} differs")
            show(name, content, found)
    known = set(expected)
    for newest in sorted({newest_of(name, expected) for name in expected if has_latest(name)}):
        latest = re.sub(STAMP, "latest", newest)
        known.add(latest)
        if latest not in actual:
            differ(f"{latest} is missing")
        elif actual[latest] != actual.get(newest):
            differ(f"{latest} does not equal {newest}")
    for name in sorted(actual.keys() - known):
        differ(f"{name} is not expected")
    return differences


def has_latest(name):
    return name.endswith(KINDS_WITH_LATEST) and re.search(STAMP, name)


def newest_of(name, expected):
    kind = re.sub(STAMP, "latest", name)
    return max(other for other in expected if re.sub(STAMP, "latest", other) == kind)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ignore-generated-time", action="store_true")
    parser.add_argument("expected", type=Path)
    parser.add_argument("actual", type=Path)
    arguments = parser.parse_args()
    ignored = ["report_generated_time"] if arguments.ignore_generated_time else []
    differences = compare(objects(arguments.expected), objects(arguments.actual), ignored)
    if differences:
        print(f"{differences} differences")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
