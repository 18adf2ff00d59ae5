"""Runs every query of docs/queries.md on the files of the demo's world, in DuckDB and as Athena would.

    queries.py REPORTS TODAY [--update]

Both have to answer the same, and what the document says. With --update the document is written anew.
"""

import argparse
import difflib
import os
import pathlib
import sys

# Nothing is written beside the sources.
sys.dont_write_bytecode = True

import duckdb

import athena
import document

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "queries.md"
# A question whose answer is empty shows nothing.
EXPECTED_QUERIES = 11


def answers(setup, queries, today, prepare):
    """What each query answers: its columns and rows."""
    connection = duckdb.connect()
    prepare(connection)
    found = []
    for sql in [*setup, *queries]:
        result = connection.execute(sql.replace("current_date", f"DATE '{today}'"))
        if sql in queries:
            found.append(([one[0] for one in result.description], result.fetchall()))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", type=pathlib.Path)
    parser.add_argument("today")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    reports = arguments.reports.resolve()
    text = DOCUMENT.read_text(encoding="utf-8")
    read = document.read(text)
    queries = [query.sql for query in read.queries]

    os.chdir(reports)
    of_duckdb = answers([*read.duckdb, *read.views], queries, arguments.today, lambda connection: None)
    of_athena = answers(
        [athena.translated(sql) for sql in read.views],
        [athena.translated(sql.replace("current_date", f"DATE '{arguments.today}'")) for sql in queries],
        arguments.today,
        lambda connection: athena.run(connection, read.athena, reports),
    )
    problems = []
    for sql, one, other in zip(queries, of_duckdb, of_athena, strict=True):
        if one != other:
            problems.append(f"DuckDB answers {one} and Athena {other}:\n{sql}")
        if not one[1]:
            problems.append(f"nothing is answered:\n{sql}")
    if len(queries) < EXPECTED_QUERIES:
        problems.append(f"only {len(queries)} queries have a result")
    written = document.with_results(read, [document.table(*one) for one in of_duckdb])
    if arguments.update:
        DOCUMENT.write_text(written, encoding="utf-8")
    elif written != text:
        lines = difflib.unified_diff(text.splitlines(), written.splitlines(), "docs/queries.md", "answered", lineterm="")
        problems.append("`make queries` writes other results:\n" + "\n".join(lines))
    if problems:
        sys.exit("\n\n".join(problems))
    print(f"{len(queries)} queries answer what docs/queries.md says, in DuckDB and as Athena.")


if __name__ == "__main__":
    main()
