"""Where things are, and the modules of the demo and of the tests of the documents: after this folder, and before what is
installed."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ROOT / "tests" / "documents" / "commands"
sys.path[1:1] = [str(ROOT / "tests" / "documents"), str(ROOT / "demo")]
