"""The demo's emulator, with what AWS has for people who set something up: see the modules beside this one."""

import pathlib
import runpy
import sys

DEMO = pathlib.Path(__file__).resolve().parents[3] / "demo" / "emulator"
sys.path.insert(1, str(DEMO))

import delegation
import identities
import reports
import stack_set_calls

for module in (delegation, identities, reports, stack_set_calls):
    module.fill()
runpy.run_path(str(DEMO), run_name="__main__")
