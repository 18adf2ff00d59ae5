#!/usr/bin/env bash
# Cheap checks of the sources that no compiler makes. Prints what is wrong, nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

# Partitions other than `aws` exist, so no ARN is written out: the partition comes from the caller's own ARN.
# A file's tests, which stand at its end, its comments, the in-memory world and the stand-in for AWS may have them.
# shellcheck disable=SC2016 # The dollar signs are awk's.
arns="$(
    find crates/*/src -name '*.rs' ! -path 'crates/aws-sim/*' ! -path '*/testing.rs' ! -path '*/testing/*' ! -name 'tests.rs' ! -path '*/tests/*' -print0 |
        xargs -0 awk '
            FNR == 1 { tests = 0 }
            /^#\[cfg\((all\()?test/ { tests = 1 }
            !tests && !/^[ \t]*\/\// && /arn:aws/ { print FILENAME ":" FNR ": " $0 }
        '
    grep -nE 'arn:aws[a-z-]*:' template.yaml stacks/*.yaml stacks/*.json || true
)"
if [ -n "$arns" ]; then
    printf 'an ARN with a fixed partition:\n%s\n' "$arns" >&2
    failed=1
fi

# No SDK type outside crates/orgscan/src/aws, and no SDK crate in a manifest but the library's.
sdk="$(
    find crates tests -name '*.rs' ! -path 'crates/orgscan/src/aws/*' ! -path 'crates/orgscan/src/aws.rs' -print0 |
        xargs -0 grep -nE '\baws_(sdk|smithy|config|types|credential_types)[a-z0-9_]*::' || true
    grep -nE '^aws-' crates/account-metadata/Cargo.toml crates/credential-report/Cargo.toml crates/orgscan-cli/Cargo.toml || true
)"
if [ -n "$sdk" ]; then
    printf 'the AWS SDK outside of crates/orgscan/src/aws:\n%s\n' "$sdk" >&2
    failed=1
fi

# Packages come from where each machine is told to find them: a lock that says where is one machine's own.
places="$(grep -rnE '^--(find-links|index-url|extra-index-url)' --include='requirements*' bench demo tests tools || true)"
if [ -n "$places" ]; then
    printf 'a lock that says where packages are:\n%s\n' "$places" >&2
    failed=1
fi

# What is installed is what was locked: every Python package has hashes, and every npm package an integrity hash. Programs of
# crates.io come with their own lock, in a version that is written out.
"${PYTHON:-python3}" tools/locks.py || failed=1

# Every Python file parses, with nothing written beside it.
"${PYTHON:-python3}" - <<'PYTHON' || failed=1
import ast, pathlib, sys

broken = 0
for folder in ("bench", "demo", "tests", "tools"):
    for path in sorted(pathlib.Path(folder).rglob("*.py")):
        try:
            ast.parse(path.read_bytes(), str(path))
        except SyntaxError as error:
            print(f"{path}:{error.lineno}: {error.msg}", file=sys.stderr)
            broken = 1
sys.exit(broken)
PYTHON

# Every shell script is clean under shellcheck, and every sample event is JSON.
shellcheck tools/*.sh tests/documents/commands/* .ci/run || failed=1
for event in events/*/*.json; do
    "${PYTHON:-python3}" -m json.tool "$event" /dev/null || { echo "$event is not JSON" >&2 && failed=1; }
done
exit "$failed"
