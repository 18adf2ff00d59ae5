"""Flags with which the same sources give the same program, in whatever folder they and Cargo's own lie.

    build_flags.py      prints them as a command of a shell
"""

import os
import pathlib
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Impossible(Exception):
    """There are no such flags; the message is for the person who asked."""


def folders():
    """The folders whose names would be in a program, and what it has in place of each."""
    cargo_home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    # Of those that fit, the compilers take the last one, and one may lie in another: the target folder mostly does.
    found = [(cargo_home.resolve(), "/cargo"), (ROOT, "/project"), (target.resolve(), "/target")]
    return sorted(found, key=lambda one: len(one[0].parts))


def flags():
    """Environment variables for Cargo. What they have already is kept."""
    for folder, _ in folders():
        if len(str(folder).split()) != 1:
            raise Impossible(f"compilers' flags cannot name a folder with a blank in its name: {folder}")
    rust = [f"--remap-path-prefix={folder}={name}" for folder, name in folders()]
    c = [f"-ffile-prefix-map={folder}={name}" for folder, name in folders()]
    return {
        name: " ".join([*os.environ.get(name, "").split(), *more]) for name, more in (("RUSTFLAGS", rust), ("CFLAGS", c))
    }


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    try:
        for name, value in flags().items():
            print(f"export {name}={shlex.quote(value)}")
    except Impossible as reason:
        sys.exit(f"tools/build_flags.py: {reason}")
