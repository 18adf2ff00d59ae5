#!/usr/bin/env bash
# Runs the SAM CLI of target/venv-sam, with cargo-lambda in PATH: tools/sam.sh build …
# It keeps its notes in target/, tells nobody that it ran, and asks nobody whether there is a newer one.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
"$here/tools/venv.sh" sam tools/sam/requirements.txt
"$here/tools/venv.sh" tests tests/requirements.txt

notes="$here/target/sam-notes"
if [ ! -e "$notes/metadata.json" ]; then
    mkdir -p "$notes"
    # It asks again a week after the last time, which is in the year 3000. Renamed at once, since two may do this.
    printf '{"lastVersionCheck": 32503680000, "telemetryEnabled": false}\n' >"$notes/metadata.json.$$"
    mv "$notes/metadata.json.$$" "$notes/metadata.json"
fi
# What it builds is to be what tools/package.py builds.
flags="$("$here/target/venv-tests/bin/python" -B "$here/tools/build_flags.py")"
eval "$flags"
export __SAM_CLI_APP_DIR="$notes" SAM_CLI_TELEMETRY=0
PATH="$here/target/venv-tests/bin:$PATH" exec "$here/target/venv-sam/bin/sam" "$@"
