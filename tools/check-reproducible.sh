#!/usr/bin/env bash
# Builds a package once more, from a copy of the sources in another folder and with a target folder and a Cargo folder of
# its own, and compares it with one that is there already, byte for byte:
#     tools/check-reproducible.sh ARCHITECTURE FOLDER_WITH_PACKAGES
# Cargo's profile is the caller's, and has to be that of the packages.
set -euo pipefail
if [ $# -ne 2 ]; then
    echo "usage: tools/check-reproducible.sh ARCHITECTURE FOLDER_WITH_PACKAGES" >&2
    exit 64
fi
architecture="$1"
packages="$(cd "$2" && pwd)"
cd "$(dirname "$0")/.."
project="$PWD"
# A name of another length, so that a path that is in a program somewhere moves what comes after it.
copy="$project/target/reproducible/a-copy-of-the-sources-elsewhere"
rm -rf "$copy"
mkdir -p "$copy/cargo"
# What is not committed yet is built here too, and so is in the copy.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [ -e "$file" ]; then printf '%s\0' "$file"; fi
done | tar --create --null --files-from=- | tar --extract --directory "$copy"
# What was downloaded already does not have to be downloaded again.
home="${CARGO_HOME:-$HOME/.cargo}"
for name in registry config.toml bin; do
    if [ -e "$home/$name" ]; then ln -s "$home/$name" "$copy/cargo/$name"; fi
done
CARGO_HOME="$copy/cargo" CARGO_TARGET_DIR="$copy/target" PATH="$project/target/venv-tests/bin:$PATH" \
    "$project/target/venv-tests/bin/python" -B "$copy/tools/package.py" --architecture "$architecture" --to "$copy/packages"
for file in "$packages"/*; do
    if ! cmp "$file" "$copy/packages/$architecture/$(basename "$file")" >&2; then
        echo "tools/check-reproducible.sh: $(basename "$file") is not the same when it is built elsewhere" >&2
        exit 1
    fi
done
rm -rf "$copy"
echo "built elsewhere for $architecture: the same bytes"
