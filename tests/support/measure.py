"""Runs a command and says in JSON what it took: its exit code, seconds of processor time, and its peak of resident memory.

    measure.py COMMAND [ARGUMENT …]

The command's standard output goes nowhere.
"""

import json
import resource
import subprocess
import sys

code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "seconds": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * 1024}))
