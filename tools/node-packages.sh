#!/usr/bin/env bash
# Makes target/NAME hold the npm packages of a lock file, in node_modules; prints nothing when all is well.
# A second call with the same lock file is instant.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: tools/node-packages.sh NAME FOLDER_WITH_LOCK_FILE" >&2
    exit 64
fi
cd "$(dirname "$0")/.."
folder="target/$1"
sources="$2"
mkdir -p "$folder"

# Two calls for the same packages wait for each other. Where flock is missing (macOS), they had better not meet.
exec 9>"$folder.lock"
if command -v flock >/dev/null; then flock 9; fi

if cmp -s "$sources/package-lock.json" "$folder/installed-lock.json"; then
    exit 0
fi
rm -rf "$folder/installed-lock.json" "$folder/node_modules"
cp "$sources/package.json" "$sources/package-lock.json" "$folder/"
log="$folder.log"
# No script of a package runs: what comes as a program comes as a package of its own.
if ! npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
rm -f "$log"
cp "$sources/package-lock.json" "$folder/installed-lock.json"
