#!/usr/bin/env bash
# Changes the code that must not be wrong, one small change at a time (.cargo/mutants.toml says which code), and shows that a
# test notices each. A change that no test can notice has to be in docs/mutants.md with the reason; one that is there and is
# noticed has to leave it. Takes about two hours on two cores; arguments go to cargo mutants, such as `-f FILE`.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/cargo-tool.sh cargo-mutants 27.1.0

output=target/mutants
mkdir -p "$output"
code=0
PATH="$PWD/target/tools/bin:$PATH" cargo mutants --no-shuffle --output "$output" "$@" || code=$?
# 0: all noticed; 2: some were not; 3: some ran too long, which a test noticed by not ending. Others are failures of its own.
case "$code" in 0 | 2 | 3) ;; *) exit "$code" ;; esac

# Lines move, so a change is known by its file, what is done and where, without line and column.
known() { awk -F '[\140]' '/^\| .crates/ { print $2 }' docs/mutants.md | sort; }
# A `|` would end the cell of a table.
survived() { sed 's/:[0-9]*:[0-9]*: /: /; s/|/∣/g' "$output/mutants.out/missed.txt" | sort; }

new="$(comm -13 <(known) <(survived))"
if [ -n "$new" ]; then
    printf 'no test notices these, and docs/mutants.md does not say why:\n%s\n' "$new" >&2
    exit 1
fi
if [ $# -eq 0 ]; then
    gone="$(comm -23 <(known) <(survived))"
    if [ -n "$gone" ]; then
        printf 'docs/mutants.md lists what is noticed or is no longer there:\n%s\n' "$gone" >&2
        exit 1
    fi
fi
echo "every change is noticed by a test, but for $(survived | wc -l) that docs/mutants.md explains"
