#!/usr/bin/env bash
# Packages and `sam build` from end to end: what `make package` and `make sam-build` do, but without optimization, which
# takes a third of the time, and in a folder of its own, so that nobody deploys it. `sam build` has to give the same
# programs as the packages have, and nothing else; and another build, elsewhere, the same packages.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/venv.sh tests tests/requirements.txt
tools/qemu.sh

folder="$PWD/target/unoptimized"
export CARGO_TARGET_DIR="$folder" CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
python=target/venv-tests/bin/python
rm -rf "$folder/packages"
PATH="$PWD/target/venv-tests/bin:$PATH" "$python" tools/package.py --to "$folder/packages"

for architecture in "$folder"/packages/*; do
    name="$(basename "$architecture")"
    if ! tools/sam.sh build --build-dir "$folder/sam" --parameter-overrides "Architecture=$name" \
        >"$folder/sam.log" 2>&1; then
        cat "$folder/sam.log" >&2
        exit 1
    fi
    for function in AccountMetadata:account-metadata CredentialReport:credential-report; do
        rm -rf "$folder/unpacked"
        "$python" -m zipfile -e "$architecture/${function#*:}.zip" "$folder/unpacked"
        if ! diff -r "$folder/unpacked" "$folder/sam/${function%:*}Function" >&2; then
            echo "tools/check-package.sh: for $name, sam build and the package of ${function#*:} differ" >&2
            exit 1
        fi
    done
    echo "sam build for $name: the same programs"
done

# One architecture is enough: the flags that make it so are the same for both.
case "$(uname -m)" in
    aarch64 | arm64) own=arm64 ;;
    *) own=x86_64 ;;
esac
tools/check-reproducible.sh "$own" "$folder/packages/$own"
