"""Where the modules of the demo and of the deployment are: after this folder, and before what is installed."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "tests" / "deploy"), str(ROOT / "demo")]
