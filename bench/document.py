"""The machine that was measured on, and the part of a document that a run replaces."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
from collections.abc import Sequence

from measure import Failed
from tables import lambda_table, limit_table, line_table, on_lambda, start_table, target_table
from targets import Results, Target

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"


def cpu_model() -> str:
    """What the processor calls itself."""
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"


def machine() -> str:
    """The machine in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return (
        f"{os.cpu_count()} cores ({cpu_model()}, {platform.machine()}), {memory / 2**30:.0f} GiB of memory, "
        f"Linux {platform.release().partition('-')[0]}"
    )


def versions() -> str:
    """What the contenders run on."""
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("boto3", "botocove", "pandas"))
    return f"Python {platform.python_version()}, {packages}"


def report(results: Results, targets: Sequence[Target], command: str, minutes: float) -> str:
    """Everything that was measured, as Markdown."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    parts = [
        f"`{command}` on {today}, {minutes:.0f} minutes.\\\nMachine: {machine()}.\\\nContenders: {versions()}.",
    ]
    if results.lines:
        parts += ["### Whole runs", line_table(results)]
    if results.limits:
        parts += ["### Limits", limit_table(results.limits)]
    if results.starts:
        parts += ["### Start and size", start_table(results.starts)]
    if any(on_lambda(line) for line in results.lines):
        parts += ["### In Lambda's terms", lambda_table(results)]
    if targets:
        parts += ["### Targets", target_table(targets)]
    return "\n\n".join(parts)


def write(path: pathlib.Path, measured: str) -> None:
    """Replaces what stands between the markers of a document."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Failed(f"{path} lacks the markers {BEGIN} and {END}, between which the tables go")
    path.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}", encoding="utf-8")
