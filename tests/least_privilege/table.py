"""The permissions, as a table for people."""

WIDEST = 160


def print_rows(rows):
    cells = [("action", "granted where", "what fails without it", "shown by")]
    cells += [
        (row.action, f"{row.role_id} {row.sid} ({row.deployment})\n  {row.resource}", cut(row.lost), row.shown_by)
        for row in rows
    ]
    widths = [max(len(line) for one in cells for line in one[column].split("\n")) for column in (0, 1, 2)]
    for one in cells:
        lines = [cell.split("\n") for cell in one]
        for number in range(max(map(len, lines))):
            texts = [cell[number] if number < len(cell) else "" for cell in lines]
            padded = [text.ljust(width) for text, width in zip(texts, [*widths, 0], strict=True)]
            print(" | ".join(padded).rstrip(" |"))


def cut(text):
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
