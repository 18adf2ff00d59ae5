#!/usr/bin/env bash
# Makes target/venv-NAME hold exactly what a hash-pinned requirements file says; prints nothing when all is well.
# A second call with the same file is instant.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: tools/venv.sh NAME REQUIREMENTS_FILE" >&2
    exit 64
fi
cd "$(dirname "$0")/.."
venv="target/venv-$1"
requirements="$2"
mkdir -p target

# Two calls for the same environment wait for each other. Where flock is missing (macOS), they had better not meet.
exec 9>"$venv.lock"
if command -v flock >/dev/null; then flock 9; fi

python=""
for candidate in "${PYTHON:-}" python3.11 python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        # Where an environment's programs come first in PATH, it is that environment's Python, which is removed below if
        # the environment is made anew: its own base is meant.
        python="$("$candidate" -c 'import sys; print(sys._base_executable or sys.executable)')"
        break
    fi
done
if [ -z "$python" ]; then
    echo "tools/venv.sh: Python 3.11 or newer is needed, as python3.11 or python3, or named in PYTHON" >&2
    exit 1
fi

stamp="$("$python" - "$requirements" <<'PYTHON'
import hashlib, pathlib, sys
print(sys.version.split()[0], sys.prefix, hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes()).hexdigest())
PYTHON
)"
if [ "$(cat "$venv/stamp" 2>/dev/null || true)" = "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

log="$venv.log"
make_venv() {
    rm -rf "$venv"
    "$python" -m venv "$venv" >"$log" 2>&1
}
# Debian packs Python's venv module apart from Python; as root it is installed, otherwise its message says how.
if ! make_venv; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        cat "$log" >&2
        exit 1
    fi
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy python3-venv; } >"$log" 2>&1 ||
        ! make_venv; then
        cat "$log" >&2
        exit 1
    fi
fi

# Wheels only: what a source package runs while it is built, no hash covers.
if ! "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$requirements" >"$log" 2>&1; then
    cat "$log" >&2
    rm -rf "$venv"
    exit 1
fi
rm -f "$log"
printf '%s\n' "$stamp" >"$venv/stamp"
