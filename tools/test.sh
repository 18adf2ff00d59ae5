#!/usr/bin/env bash
# Runs every test and closes with their number. Expects the release binaries and the Python environments to be there.
set -euo pipefail
cd "$(dirname "$0")/.."
results="$(mktemp)"
trap 'rm -f "$results"' EXIT

run() {
    echo
    echo "== $*"
    "$@" 2>&1 | tee -a "$results"
}

# End to end first, with its output shown: it counts the worlds that were compared. All builds of this script are of
# the whole workspace, since a part of it would have other features and compile the SDK a second time.
run cargo test --locked --workspace --test e2e -- --nocapture
run tools/faults.sh

# Everything else but the documentation's examples.
others=(--lib --bins)
for file in crates/*/tests/*.rs crates/*/tests/*/main.rs; do
    [ -e "$file" ] || continue
    case "$file" in
        */main.rs) name="$(basename "$(dirname "$file")")" ;;
        *) name="$(basename "$file" .rs)" ;;
    esac
    others+=(--test "$name")
done
run cargo test --locked --workspace "${others[@]}"
run cargo test --locked --workspace --doc

# The core alone: without the adapters there is no SDK crate to build, and its tests pass.
sdk="$(cargo tree --locked -p orgscan --no-default-features -e normal,dev,build --prefix none | grep -E '^aws-(sdk|config|smithy)' || true)"
if [ -n "$sdk" ]; then
    printf 'orgscan without its features depends on the AWS SDK:\n%s\n' "$sdk" >&2
    exit 1
fi
run cargo test --locked -p orgscan --no-default-features --lib --tests

echo
awk '
    /^test result: / {
        for (field = 1; field < NF; field++) {
            if ($(field + 1) ~ /^passed/) passed += $field
            if ($(field + 1) ~ /^failed/) failed += $field
        }
    }
    END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 || passed == 0 }
' "$results"
