"""docs/queries.md: its blocks of SQL, and the results that follow them."""

import dataclasses
import html
import re

BEGIN = "<!-- result -->"
END = "<!-- end -->"
FENCE = re.compile(r"^```sql ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Query:
    """A question's query, and where its result is in the document."""

    sql: str
    begin: int
    end: int


@dataclasses.dataclass(frozen=True)
class Document:
    """What the document has."""

    text: str
    duckdb: list  # statements for DuckDB alone
    athena: list
    views: list  # for both
    queries: list


def read(text):
    """Takes the document apart."""
    setup = {"duckdb": [], "athena": [], "": []}
    queries = []
    for block in FENCE.finditer(text):
        dialect, statements = block[1], split(block[2])
        rest = text[block.end() :].lstrip("\n")
        if rest.startswith(BEGIN):
            (statement,) = statements
            begin = text.index(BEGIN, block.end()) + len(BEGIN)
            queries.append(Query(statement, begin, text.index(END, begin)))
        else:
            setup[dialect] += statements
    return Document(text, setup["duckdb"], setup["athena"], setup[""], queries)


def split(sql):
    """The statements of a block: each ends with a semicolon at the end of a line."""
    return [one.strip() for one in re.split(r";$", sql, flags=re.MULTILINE) if one.strip()]


def table(columns, rows):
    """A result as a table of the document."""
    lines = [columns, ["---"] * len(columns), *[[cell(one) for one in row] for row in rows]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(value):
    """A value as it is read: markup in it is text, and a line break is a sign."""
    if value is None:
        return ""
    text = html.escape(str(value), quote=False).replace("\n", "⏎").replace("\t", "⇥")
    return re.sub(r"([\\`*|\[\]])", r"\\\1", text)


def with_results(document, results):
    """The document with these results, one for each query."""
    text = document.text
    for query, result in reversed(list(zip(document.queries, results, strict=True))):
        text = f"{text[: query.begin]}\n\n{result}\n{text[query.end :]}"
    return text
