#!/usr/bin/env bash
# Sees to a way to run arm64 programs on another processor: Debian's qemu with an arm64 glibc is installed where there is
# none and apt-get may be used. Where there cannot be one, packages for arm64 are built and not started, and
# tools/package.py says so: no reason to fail.
set -euo pipefail

if [ "$(uname -s)" != Linux ] || [ "$(uname -m)" = aarch64 ]; then exit 0; fi
if command -v qemu-aarch64 >/dev/null || command -v qemu-aarch64-static >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
    qemu-user-static libc6-arm64-cross libgcc-s1-arm64-cross; } >"$log" 2>&1; then
    echo "tools/qemu.sh: qemu could not be installed: $(tail -n 1 "$log")" >&2
fi
