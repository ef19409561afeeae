#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the fuzzers one after another, each FUZZ_SECONDS, and prints a line about each:
#
#     BUILD=DIRECTORY tests/fuzz/run.sh TARGET...
#
# What they learn stays in $BUILD/corpus. An input that breaks something is kept in
# $BUILD/findings; the fuzzer runs it again when it gets it as its argument.
set -uo pipefail

here=$(dirname "$0")
seconds=${FUZZ_SECONDS:-60}
# A plan for thousands of CPUs takes some milliseconds; memory is that of the sanitizers.
limits=(-timeout=20 -rss_limit_mb=2048)
found=0
# A fuzzer that stops at a finding leaves its files behind.
memory=/dev/shm
[ -w "$memory" ] || memory=/tmp
TMPDIR=$(mktemp -d -p "$memory" hostdevctl-fuzz.XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# The last number that follows a word in a log.
last() {
    grep -oE "$2 *[0-9]+" "$1" | tail -n 1 | grep -oE '[0-9]+$'
}

fuzz() {
    local target=$1 log=$BUILD/logs/$1.log status findings options=()
    mkdir -p "$BUILD/corpus/$target" "$BUILD/findings" "$BUILD/logs"
    if [ -e "$here/$target.dict" ]; then
        options+=("-dict=$here/$target.dict")
    fi
    "$BUILD/tests/fuzz/fuzz-$target" "${limits[@]}" "${options[@]}" -max_total_time="$seconds" \
        -print_final_stats=1 -artifact_prefix="$BUILD/findings/$target-" \
        "$BUILD/corpus/$target" "$here/corpus/$target" >"$log" 2>&1
    status=$?
    findings=0
    if [ "$status" -ne 0 ]; then
        findings=1
        found=1
    fi
    echo "$target: $(last "$log" 'number_of_executed_units:' || echo 0) runs," \
        "$(last "$log" 'cov:' || echo 0) edges covered, $findings findings"
    if [ "$status" -ne 0 ]; then
        grep -E 'broken promise|ERROR:|runtime error|SUMMARY|Test unit written' "$log" || tail "$log"
        echo "  all of it: $log; the input again: $BUILD/tests/fuzz/fuzz-$target INPUT"
    fi
}

for target in "$@"; do
    fuzz "$target"
done
exit "$found"
