"""Runs checkov over CloudFormation templates; prints what failed, a line for each, and exits with 1; else nothing.

    checkov_report.py TEMPLATE…

A check is suppressed in place, in the resource's `Metadata`, with a reason. A template that checkov cannot read is a
failure too, which checkov itself only counts.
"""

import json
import os
import pathlib
import subprocess
import sys

# `--skip-download` keeps it off the network: it would fetch guidelines of its maker's platform.
COMMAND = [
    sys.executable,
    str(pathlib.Path(sys.executable).with_name("checkov")),
    *("--framework", "cloudformation", "--skip-download", "--compact", "--output", "json"),
]


def main(templates):
    command = [*COMMAND, *(argument for template in templates for argument in ("--file", template))]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        print(done.stdout + done.stderr, file=sys.stderr)
        return 1
    results = report.get("results", {})
    problems = [f"{path}: checkov cannot read it" for path in results.get("parsing_errors", [])]
    for check in results.get("failed_checks", []):
        place = f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]}"
        problems.append(f"{place}: {check['resource']}: {check['check_id']} {check['check_name']}")
    for check in results.get("skipped_checks", []):
        comment = check["check_result"].get("suppress_comment", "")
        if not comment or comment == "No comment provided":
            problems.append(f"{check['resource']}: {check['check_id']} is suppressed without a comment that says why")
    if not results.get("passed_checks"):
        problems.append("checkov passed nothing: the templates, or this script, are not what they should be")
    if done.returncode != 0 and not problems:
        problems.append(done.stdout + done.stderr)
    print("\n".join(sorted(problems)), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
