"""The results as Markdown."""

import importlib.metadata
from collections.abc import Iterable, Sequence

from contenders import FUNCTIONS, MEMORY_MB
from limits import Limit
from lines import Line
from start import StartLine
from targets import MEGABYTE, Results, Target, floor_seconds

# List price of us-east-1 for arm64, in dollars for a GB-second.
GIGABYTE_SECOND = 0.0000133334
REMARK = "remark"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table whose first columns are text, and the last one too where it is a remark; the others are figures."""
    rules = ["---" if number < texts or name == REMARK else "---:" for number, name in enumerate(header)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rules, *rows))


def named(contender: str) -> str:
    """A contender as the tables call it."""
    if contender in FUNCTIONS:
        return f"orgscan {contender}"
    package = "botocove" if contender == "botocove" else "boto3"
    return f"{contender} {importlib.metadata.version(package)}"


def line_table(results: Results) -> str:
    """The first table."""
    header = ("contender", "quotas", "accounts", "wall, s", "accounts/s", "calls per account", "CPU, s")
    header += ("peak RSS, MB", "ratio to orgscan", REMARK)
    lines = sorted(results.lines, key=lambda line: (not line.world.quotas, line.world.accounts))
    return table(header, (line_row(line, results) for line in lines), texts=2)


def line_row(line: Line, results: Results) -> list[str]:
    """One line of it."""
    first = [named(line.contender), "on" if line.world.quotas else "off", f"{line.world.accounts:,}"]
    if not line.measured:
        return [*first, *[""] * 6, remark(line)]
    own = results.line("credential-report", line.world.accounts, line.world.quotas)
    ratio = ""
    if own and line.contender != "account-metadata":
        ratio = f"{own.accounts_per_second / line.accounts_per_second:.1f}" if line.accounts_per_second else ""
    return [*first, *figures(line), ratio, remark(line)]


def figures(line: Line) -> list[str]:
    """What a line was measured at."""
    return [
        f"{line.wall_seconds:.1f}",
        f"{line.accounts_per_second:.{1 if line.accounts_per_second >= 10 else 2}f}",
        f"{line.calls_per_account:.2f}",
        f"{line.cpu_seconds:.1f}",
        f"{line.peak_rss_bytes / MEGABYTE:.1f}",
    ]


def remark(line: Line) -> str:
    """What has to be known beside the figures."""
    remarks = []
    if line.expected_seconds is not None:
        remarks.append(f"not run: would take about {line.expected_seconds / 60:,.0f} min")
    if line.stopped:
        remarks.append(f"stopped at {line.wall_seconds:.0f} s, {line.accounts_done:,} accounts done")
    if line.failures:
        reason = line.failures[-1].strip().splitlines()[-1].replace("|", "\\|")
        runs = len(line.failures) + len(line.runs)
        remarks.append(f"{len(line.failures)} of {runs} runs failed: {reason[:160]}")
    return "; ".join(remarks)


def limit_table(limits: Sequence[Limit]) -> str:
    """The runs beyond the first table."""
    header = ("orgscan credential-report", "quotas", "wall, s", "accounts/s", "calls per account", "CPU, s")
    header += ("peak RSS, MB", "CSV, MB", REMARK)
    rows = []
    for limit in limits:
        line = limit.line
        measured = [*figures(line), f"{line.csv_bytes / MEGABYTE:.1f}"] if line.measured else [""] * 6
        rows.append([limit.title, "on" if line.world.quotas else "off", *measured, remark(line)])
    return table(header, rows, texts=2)


def start_table(starts: Sequence[StartLine]) -> str:
    """The second table."""
    header = ("function", "process", "start to first poll, ms", "resident then, MB")
    header += ("start to first call to AWS, ms", "resident then, MB", "zip, MB")
    rows = []
    for start in starts:
        zipped = f"{start.package.zip_bytes / MEGABYTE:.1f} ({start.package.architecture})"
        python = f"Python, boto3 {importlib.metadata.version('boto3')}, pandas {importlib.metadata.version('pandas')}"
        for process, moments, size in (("orgscan", start.own, zipped), (python, start.python, "")):
            cells = []
            for moment in (moments["poll"], moments["call"]):
                cells += [f"{moment.seconds * 1000:.1f}", f"{moment.resident_bytes / MEGABYTE:.1f}"]
            rows.append([start.function, process, *cells, size])
    return table(header, rows, texts=2)


def on_lambda(line: Line) -> bool:
    """Whether a line is what a function would do on Lambda, where AWS's quotas hold."""
    return line.measured and line.world.quotas and line.contender in FUNCTIONS


def lambda_table(results: Results) -> str:
    """What the runs with quotas would be on Lambda."""
    header = ("function", "accounts", "seconds", "of which listing takes at least", "GB-seconds", "cost of a run")
    rows = []
    for line in filter(on_lambda, results.lines):
        spent = line.wall_seconds * MEMORY_MB / 1024
        floor = floor_seconds(line.world.accounts)
        cells = [f"{line.wall_seconds:.1f}", f"{floor:.1f}", f"{spent:.1f}", f"${spent * GIGABYTE_SECOND:.5f}"]
        rows.append([line.contender, f"{line.world.accounts:,}", *cells])
    return table(header, rows)


def target_table(targets: Sequence[Target]) -> str:
    """What was promised, and what is."""
    rows = [[target.what, target.limit, target.measured, target.verdict] for target in targets]
    return table(("target", "limit", "measured", "verdict"), rows, texts=4)
