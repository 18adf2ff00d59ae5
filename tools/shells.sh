#!/usr/bin/env bash
# Sees to the shells whose completions are tested: Debian's zsh and fish are installed where they are missing and apt-get
# may be used. Prints nothing when all is well.
set -euo pipefail

missing() {
    local name
    for name in zsh fish; do
        command -v "$name" >/dev/null || printf '%s ' "$name"
    done
}

if [ -z "$(missing)" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    log="$(mktemp)"
    trap 'rm -f "$log"' EXIT
    # shellcheck disable=SC2046 # One package per name.
    if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(missing); } \
        >"$log" 2>&1 && [ -z "$(missing)" ]; then
        exit 0
    fi
    cat "$log" >&2
fi
cat >&2 <<TEXT
tools/shells.sh: the tests of completions need these shells in PATH: $(missing)
On Debian and its like, as root: apt-get install zsh fish. Elsewhere: install them.
TEXT
exit 1
