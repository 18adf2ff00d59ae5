"""Checks that what is installed is what was locked; prints what is not, and nothing else.

Every requirement of a requirements.txt has a version and a hash, every package of a package-lock.json an integrity hash,
and no script installs npm packages in another way than from such a lock, or a program of crates.io without its own.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("bench", "demo", "page", "tests", "tools", ".ci")
NPM_INSTALL = re.compile(r"\bnpm (install|i|add|update)\b|\bnpx (?!--no-install)")
CARGO_INSTALL = re.compile(r"\bcargo install\b")


def python_problems(path):
    """A requirement goes on in the next line after a backslash."""
    for requirement in re.sub(r"\\\n", " ", path.read_text()).splitlines():
        requirement = requirement.split("#")[0].strip()
        if not requirement or requirement.startswith("--"):
            continue
        if not re.match(r"[\w.\[\]-]+==\S+", requirement):
            yield f"no version: {requirement}"
        elif not re.search(r"--hash=sha256:[0-9a-f]{64}\b", requirement):
            yield f"no hash: {requirement.split()[0]}"


def npm_problems(path):
    lock = json.loads(path.read_text())
    if lock.get("lockfileVersion", 0) < 2:
        yield "an old lock, which has no hash of each package"
    for name, package in lock.get("packages", {}).items():
        # The first is the folder itself.
        if name and not package.get("link") and not package.get("integrity", "").startswith("sha512-"):
            yield f"no integrity: {name}"


def script_problems(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        code = line.split("#")[0]
        if NPM_INSTALL.search(code):
            yield f"line {number} installs npm packages other than by npm ci"
        if CARGO_INSTALL.search(code) and not ("--locked" in code and "@" in code):
            yield f"line {number} installs a program without its lock or without a version"


def files(*patterns):
    found = (path for folder in FOLDERS for pattern in patterns for path in (ROOT / folder).rglob(pattern))
    return sorted({path for path in found if "node_modules" not in path.parts and path.is_file()})


def main():
    checks = (
        (files("requirements*.txt"), python_problems),
        (files("package-lock.json"), npm_problems),
        ([*files("*.sh", "run"), ROOT / "Makefile"], script_problems),
    )
    problems = [
        f"{path.relative_to(ROOT)}: {problem}" for paths, check in checks for path in paths for problem in check(path)
    ]
    problems += [
        f"{path.relative_to(ROOT)}: no package-lock.json beside it"
        for path in files("package.json")
        if not path.with_name("package-lock.json").exists()
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not checks[0][0] or not checks[1][0]:
        print("no locks were found, so nothing was checked", file=sys.stderr)
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
