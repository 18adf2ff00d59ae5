#!/usr/bin/env bash
# Makes target/tools/bin hold a cargo subcommand in exactly this version, from crates.io with the tool's own lock file;
# prints nothing when it is there already.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: tools/cargo-tool.sh CRATE VERSION" >&2
    exit 64
fi
cd "$(dirname "$0")/.."
root="$PWD/target/tools"
mkdir -p "$root"
if [ "$(cat "$root/$1.version" 2>/dev/null || true)" = "$2" ] && [ -x "$root/bin/$1" ]; then
    exit 0
fi
log="$root/$1.log"
# Its own target folder, since a tool has other dependencies than the workspace.
if ! cargo install --locked --quiet --root "$root" --target-dir "$root/build" "$1@$2" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
rm -rf "$log" "$root/build"
printf '%s\n' "$2" >"$root/$1.version"
