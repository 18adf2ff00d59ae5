#!/usr/bin/env bash
# Runs both functions under faults and prints what became of every cell and every run, with the sums of all in the last
# line. Expects the release binaries to be there.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf target/faults
code=0
cargo test --locked --workspace --test faults || code=$?
cat target/faults/*.txt
awk '
    match($0, /^(matrix|chaos): /) {
        tried[$1] = $2; passed[$1] = $4; lost += $6; wrong += $9
    }
    END {
        printf "cells: %d, passed: %d; chaos runs: %d, passed: %d; lost accounts: %d, wrong rows: %d\n",
            tried["matrix:"], passed["matrix:"], tried["chaos:"], passed["chaos:"], lost, wrong
    }
' target/faults/*.txt
exit "$code"
