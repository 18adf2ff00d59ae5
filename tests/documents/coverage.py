"""Whether every command of the documents is run by something, or at least is such as can be run."""

import re
import shlex
import subprocess

import paths

from blocks import SHELLS
from emulated import BINARIES

# What may follow a command in the text that is no part of it.
CUT = re.compile(r"\s*(…|#|\||>|&&|;).*")


def not_covered(blocks, walks, not_run):
    """What is neither followed nor excused, and what is followed or excused that is not there."""
    problems = []
    commands = [one for one in blocks if one.language in SHELLS]
    for block in commands:
        if not any(one.takes(block) for one in (*walks, *not_run)):
            problems.append(f"{block.place}: nothing runs {block.first_line!r}; see tests/documents/walks.py")
    for walk in walks:
        present = {heading for block in commands if walk.takes(block) for heading in block.headings}
        problems += [f"{walk.document} has no commands under {one!r}" for one in walk.headings if one not in present]
        texts = "\n".join(block.text for block in commands if walk.takes(block))
        expected = (*walk.codes, *walk.names, *walk.while_deployed)
        problems += [f"{walk.name} has no {one!r}" for one in expected if one not in texts]
    targets = make_targets()
    for one in not_run:
        if not any(one.takes(block) for block in commands):
            problems.append(f"{one.document} has no block {one.first_line!r} to excuse")
        if one.run_by not in targets and not (paths.ROOT / one.run_by).is_file():
            problems.append(f"{one.run_by!r}, which runs {one.first_line!r} of {one.document}, is not there")
    return problems


def make_targets():
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def in_the_text(spans):
    """Commands of the text that `orgscan` or make does not take."""
    problems, tried = [], {}
    targets = make_targets()
    for span in spans:
        words = shlex.split(CUT.sub("", span.text).replace("'", "")) if span.text.startswith(("orgscan ", "make ")) else []
        if words[:1] == ["make"] and (unknown := [one for one in words[1:] if "=" not in one and one not in targets]):
            problems.append(f"{span.place}: make has no target {', '.join(unknown)}")
        if words[:1] == ["orgscan"]:
            # clap reads what stands before --help, and runs nothing.
            command = tuple(words[1:])
            if command not in tried:
                more = [] if command[:1] == ("help",) else ["--help"]
                tried[command] = subprocess.run(
                    [BINARIES / "orgscan", *command, *more], capture_output=True, text=True, check=False
                )
            if tried[command].returncode != 0:
                problems.append(f"{span.place}: {span.text}: {tried[command].stderr.strip()}")
    return problems, len(tried)
