#!/usr/bin/env bash
# Sees to a Chromium for the tests of pages: Debian's is installed where none is in PATH and apt-get may be used.
# Prints nothing when all is well.
set -euo pipefail

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    return 1
}

if find_chromium; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    log="$(mktemp)"
    trap 'rm -f "$log"' EXIT
    if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium fonts-dejavu-core; } \
        >"$log" 2>&1 && find_chromium; then
        exit 0
    fi
    cat "$log" >&2
fi
cat >&2 <<'TEXT'
tools/chromium.sh: the tests of the report page need Chromium or Chrome in PATH.
On Debian and its like, as root: apt-get install chromium. Elsewhere: install Chromium or Google Chrome.
TEXT
exit 1
