"""Where things are."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
EMULATOR = pathlib.Path(__file__).resolve().parent / "emulator"
SAM = ROOT / "target" / "venv-sam" / "bin" / "sam"
TEMPLATE = ROOT / "template.yaml"
MEMBER_ROLE = ROOT / "stacks" / "member-role.yaml"
MANAGEMENT_ROLE = ROOT / "stacks" / "management-role.yaml"

sys.path += [str(ROOT / "demo"), str(ROOT / "tests" / "deploy")]
