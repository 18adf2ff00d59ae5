"""Shows what a run wrote: tables that fit a terminal, and checks of the ledgers."""

import csv
import io
import unicodedata

WIDTH = 120
WIDEST_CELL = 34
ROWS = 6
SHOWN_AS = {"\n": "⏎", "\t": "⇥"}


def read_csv(path):
    """Rows of a CSV file; line breaks within cells are kept."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


def width_of(text):
    """How many columns of a terminal a text takes: Chinese characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def cut(text, width):
    """A text on one line, no wider than that; nothing in it can move the cursor."""
    text = "".join(SHOWN_AS.get(one, one if one.isprintable() else "�") for one in text)
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def pad(text, width):
    return text + " " * (width - width_of(text))


def table(rows, indent="  ", in_order=False):
    """The first rows as a table: as many columns as fit, those with one value throughout last, and what is left out."""
    columns = list(zip(*rows, strict=True))
    if not in_order:
        columns.sort(key=lambda column: len(set(column[1:])) < 2)
    shown = [[cut(cell, WIDEST_CELL) for cell in row[: ROWS + 1]] for row in columns]
    widths = [max(map(width_of, column)) for column in shown]
    shown = list(zip(*shown, strict=True))
    fitting, used = 0, len(indent)
    for width in widths:
        if used + width > WIDTH - 4:
            break
        used += width + 2
        fitting += 1
    left_out = len(widths) - fitting
    lines = []
    for number, row in enumerate(shown):
        cells = [pad(cell, width) for cell, width in zip(row[:fitting], widths[:fitting], strict=True)]
        lines.append(indent + ("  ".join(cells) + ("  …" if left_out else "")).rstrip())
        if number == 0:
            lines.append(indent + "  ".join("─" * width for width in widths[:fitting]))
    notes = []
    if len(rows) > len(shown):
        notes.append(f"{len(rows) - len(shown)} more rows")
    if left_out:
        notes.append(f"{left_out} more columns")
    if notes:
        lines.append(f"{indent}… {', '.join(notes)}")
    return "\n".join(lines)


class Ledgers:
    """Coverage ledgers of one function, all Organizations together."""

    def __init__(self, paths):
        self.outcomes = {}
        self.details = {}
        self.twice = []
        for path in paths:
            header, *rows = read_csv(path)
            for cells in rows:
                row = dict(zip(header, cells, strict=True))
                account = row["account_id"]
                if account in self.outcomes:
                    self.twice.append(account)
                self.outcomes[account] = row["outcome"]
                self.details[account] = row["detail"]

    def sums(self):
        """How many accounts are in the ledgers, and how many of them were reported, skipped and failed."""
        outcomes = list(self.outcomes.values())
        reported = sum(one in ("reported", "reported_partially") for one in outcomes)
        skipped = sum(one.startswith("skipped_") for one in outcomes)
        return {
            "listed": len(outcomes),
            "reported": reported,
            "skipped": skipped,
            "failed": len(outcomes) - reported - skipped,
        }

    def problems(self, expected):
        """What the ledgers say that the world does not, by sentence. `expected` is account id → outcome."""
        found = [f"account {one} is in two ledger rows" for one in sorted(self.twice)]
        for account in sorted(expected.keys() - self.outcomes.keys()):
            found.append(f"account {account} is in no ledger")
        for account in sorted(self.outcomes.keys() - expected.keys()):
            found.append(f"account {account} is in a ledger and not in the world")
        for account in sorted(self.outcomes.keys() & expected.keys()):
            if self.outcomes[account] != expected[account]:
                detail = f" ({self.details[account]})" if self.details[account] else ""
                found.append(
                    f"account {account} is {self.outcomes[account]}{detail} where {expected[account]} is expected"
                )
        return found
