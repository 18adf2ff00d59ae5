"""Pictures of a digest and a report page, light and dark, wide and on a phone, where Chromium and node are there."""

import os
import shutil
import subprocess

from emulated import ROOT, shown

PACKAGES = ROOT / "target" / "page" / "browser"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Node is the system's, else the one that comes with the tests' Python packages.
SEARCH_PATH = f"{os.environ.get('PATH', '')}:{ROOT / 'target' / 'venv-tests' / 'bin'}"


def take(digest, page, folder):
    """Takes them and answers what to say of it."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not chromium or not all(shutil.which(name, path=SEARCH_PATH) for name in ("node", "npm")):
        return f"No pictures in {shown(folder)}: they need Chromium and node (run make test once, or install them)."
    commands = (
        ["bash", "tools/node-packages.sh", "page/browser", "tests/page"],
        ["node", "tests/page/screens.mjs", "--chromium", chromium, "--packages", str(PACKAGES)]
        + ["--digest", str(digest), "--page", str(page), "--to", str(folder)],
    )
    for command in commands:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PATH": SEARCH_PATH}, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            return f"No pictures in {shown(folder)}: {done.stderr.strip() or done.stdout.strip()}"
    return f"Pictures of the digest and the page: {shown(folder)}"
