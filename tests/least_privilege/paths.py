"""Where things are."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
EMULATOR = pathlib.Path(__file__).resolve().parent / "emulator"
TEMPLATE = ROOT / "template.yaml"
MEMBER_ROLE = ROOT / "stacks" / "member-role.yaml"
MANAGEMENT_ROLE = ROOT / "stacks" / "management-role.yaml"

# After this folder, and before what is installed.
sys.path[1:1] = [str(ROOT / "demo"), str(ROOT / "tests" / "deploy")]
