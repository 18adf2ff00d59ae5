#!/usr/bin/env bash
# Licences, banned crates and sources of the dependency tree, by deny.toml; known vulnerabilities where the advisory
# database can be reached, since a machine without it should still be able to check everything else.
set -euo pipefail
cd "$(dirname "$0")/.."
database=https://github.com/rustsec/advisory-db

checks=(licenses bans sources)
if GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote --exit-code "$database" HEAD >/dev/null 2>&1; then
    checks+=(advisories)
else
    echo "cargo deny: advisories are not checked, since $database cannot be reached"
fi
cargo deny --locked check --hide-inclusion-graph "${checks[@]}"
# What fuzzing has is nobody's but ours, and is never shipped.
cargo deny --locked --manifest-path fuzz/Cargo.toml --config fuzz/deny.toml check --hide-inclusion-graph "${checks[@]}"
