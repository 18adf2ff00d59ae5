"""Runs what the document has for Athena, on files, with DuckDB in its place.

sqlglot reads every statement in Athena's dialect and writes it in DuckDB's. A table holds what its SerDe would read from every
object below its LOCATION that is of its kind, with the object's path in `$path`; the views of the document then take their
objects by that path. A CSV is read by Python's own reader, which unlike Athena's knows line breaks in cells.
"""

import csv
import io
import json

import sqlglot
from sqlglot import exp

CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
JSON_SERDE = "org.openx.data.jsonserde.JsonSerDe"


class NotForAthena(Exception):
    """A statement that Athena would not take, or would read other files with."""


def run(connection, statements, folder):
    """Makes the tables and views of the document."""
    for sql in statements:
        (statement,) = sqlglot.parse(sql, dialect="athena")
        if isinstance(statement, exp.Create) and statement.kind == "TABLE":
            make_table(connection, statement, folder)
        else:
            connection.execute(translated(sql))


def translated(sql):
    """A statement of Athena's as DuckDB takes it."""
    (text,) = sqlglot.transpile(sql, read="athena", write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
    return text


def make_table(connection, statement, folder):
    """A table of every object that its SerDe can read."""
    schema = statement.this
    columns = [(one.name, one.kind.sql("duckdb")) for one in schema.expressions]
    serde = statement.find(exp.RowFormatSerdeProperty).this.name
    location = statement.find(exp.LocationProperty).this.name
    if not location.endswith("/"):
        raise NotForAthena(f"{location} is no folder")
    declared = ", ".join(f'"{name}" {kind}' for name, kind in [*columns, ("$path", "TEXT")])
    connection.execute(f'CREATE OR REPLACE TABLE "{schema.this.name}" ({declared})')
    rows = []
    for path in sorted(folder.iterdir()):
        read = {CSV_SERDE: read_csv, JSON_SERDE: read_json}[serde]
        rows += [[*row, location + path.name] for row in read(path, [name for name, _ in columns])]
    places = ", ".join("?" * (len(columns) + 1))
    connection.executemany(f'INSERT INTO "{schema.this.name}" VALUES ({places})', rows)


def read_csv(path, columns):
    """By position: what a row lacks is NULL, what it has more is left out. The first line is passed over."""
    if path.suffix != ".csv":
        return []
    header, *rows = csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))
    kind = [name.lower() for name in header[: len(columns)]] == columns
    # Objects of another kind are read too, and the view has to leave them out by their names.
    return [(row + [None] * len(columns))[: len(columns)] if kind else [None] * len(columns) for row in rows]


def read_json(path, columns):
    """By name. What is no JSON is a row of nothing, as `ignore.malformed.json` has it."""
    rows = []
    for line in path.read_bytes().decode(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        rows.append([entry.get(name) if isinstance(entry, dict) else None for name in columns])
    return rows
