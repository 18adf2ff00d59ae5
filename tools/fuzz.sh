#!/usr/bin/env bash
# Looks for input that breaks what crates/orgscan/tests/hostile/properties/ asserts, guided by what the input reaches:
#     tools/fuzz.sh [TARGET…]
# Every target has FUZZ_SECONDS (60), two run at a time. Inputs that reach something new are kept in target/fuzz/corpus/,
# beside those that everybody begins with, fuzz/corpus/. An input that breaks something is kept in target/fuzz/artifacts/.
set -euo pipefail
cd "$(dirname "$0")/.."
export FUZZ_SECONDS="${FUZZ_SECONDS:-60}"
host="$(rustc -vV | sed -n 's/^host: //p')"
build="target/fuzz/build/$host/release"

# One target, by its program.
run() {
    local target="$1" length=4096 dictionary=text
    local found="target/fuzz/corpus/$target" artifacts="target/fuzz/artifacts/$target" log="target/fuzz/$target.log"
    case "$target" in
        credential_report | merged_report | formula_guard) dictionary=csv ;;
        event | exemptions) dictionary=json ;;
        settings) dictionary=settings ;;
        # A page is written and read for each input, which takes longer the more of it there is.
        digest_html | report_page) length=1024 ;;
    esac
    mkdir -p "$found" "$artifacts"
    if ! "$build/$target" -max_total_time="$FUZZ_SECONDS" -max_len="$length" -timeout=10 -rss_limit_mb=1024 \
        -dict="fuzz/dictionaries/$dictionary.txt" -artifact_prefix="$artifacts/" -print_final_stats=1 \
        "$found" "fuzz/corpus/$target" >"$log" 2>&1; then
        grep -vE '^#[0-9]+' "$log" | tail -n 40
        local input
        input="$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
        echo "fuzz $target: broken by ${input:-no single input}; all it said is in $log"
        if [ -n "$input" ]; then
            echo "again: $build/$target $input"
            echo "once it is mended: cp $input fuzz/corpus/$target/WHAT_IT_IS"
        fi
        return 1
    fi
    # libFuzzer says how often it tried when it ends, and what it reached in its last line that begins with a number.
    awk -v target="$target" '
        /^#[0-9]+/ { for (field = 1; field < NF; field++) if ($field == "cov:") reached = $(field + 1) }
        /^stat::number_of_executed_units:/ { tried = $2 }
        /^stat::peak_rss_mb:/ { memory = $2 }
        END { printf "fuzz %-18s %9d inputs, %5d places reached, %4d MB at most\n", target ":", tried, reached, memory }
    ' "$log"
}

if [ "${1:-}" = --run ]; then
    run "$2"
    exit
fi

# libFuzzer is C++, and is compiled here.
if ! command -v c++ >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "tools/fuzz.sh: a C++ compiler is needed, as c++ in PATH; on Debian and its like: apt-get install g++" >&2
        exit 1
    fi
    log="$(mktemp)"
    trap 'rm -f "$log"' EXIT
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends g++; } \
        >"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
fi

PATH="$PWD/target/tools/bin:$PATH"
tools/cargo-tool.sh cargo-fuzz 0.13.2
# No sanitizer of memory: our code has no `unsafe`, and without one the pinned stable compiler is enough.
cargo fuzz build --sanitizer none --target-dir target/fuzz/build

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
printf '%s\n' "${targets[@]}" | xargs -P 2 -n 1 "$0" --run
