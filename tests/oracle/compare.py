"""Compares the objects that were written with the expected ones, byte for byte.

    compare.py [--ignore-generated-time] EXPECTED_DIR ACTUAL_DIR

Ledgers are compared without `duration_ms` and `detail`, which the expected ones leave empty. Every `-latest` object
must equal the newest of its kind, and no object may be there that is not expected. Exits 1 where anything differs.
"""

import argparse
import csv
import difflib
import io
import re
from pathlib import Path

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
        if name.endswith(".csv"):
            if not is_well_made(found):
                differ(f"{name} is not CSV as it should be: CRLF, quotes only where needed")
            columns = ignored + (["duration_ms", "detail"] if name.endswith("-coverage.csv") else [])
            if columns:
                content, found = blanked(content, columns), blanked(found, columns)
        if content != found:
            differ(f"{name} differs")
            show(name, content, found)
    known = set(expected)
    for newest in sorted({newest_of(name, expected) for name in expected if name.endswith(".csv")}):
        latest = re.sub(STAMP, "latest", newest)
        known.add(latest)
        if latest not in actual:
            differ(f"{latest} is missing")
        elif actual[latest] != actual.get(newest):
            differ(f"{latest} does not equal {newest}")
    for name in sorted(actual.keys() - known):
        differ(f"{name} is not expected")
    return differences


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
