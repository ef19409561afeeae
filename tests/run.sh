#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs test programs that speak TAP, shows what they say, and counts:
#
#     tests/run.sh COMMAND...
#
# Each COMMAND is one shell word list. A program that ends badly, or runs fewer tests than it
# planned, counts as a failure; one that exits with 77 could not run at all, its reason is the last
# line it wrote to stderr, and it counts as skipped, never as passed. Where CI is set nothing may be
# skipped. What failed is told once more in the end; the last line is the sum of all.
set -uo pipefail

# Seconds that no program takes, unless what it tests hangs.
limit=3600
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

count() {
    grep -cE "$1" "$scratch/out" || true
}

# What a TAP stream lacks of its own plan ("1..N"): a plan that is missing counts as one.
missing() {
    local planned
    planned=$(sed -nE 's/^1\.\.([0-9]+).*/\1/p' "$scratch/out" | awk '{ n += $1 } END { print NR ? n : -1 }')
    if [ "$planned" -lt 0 ]; then
        echo 1
    elif [ "$planned" -gt "$1" ]; then
        echo $((planned - $1))
    else
        echo 0
    fi
}

run_one() {
    local status ok not_ok skip lost
    echo "# $1"
    # The words of the command are meant to be split.
    # shellcheck disable=SC2086
    timeout --kill-after=10 "$limit" $1 </dev/null 2> >(tee "$scratch/err" >&2) | tee "$scratch/out"
    status=${PIPESTATUS[0]}
    if [ "$status" -eq 77 ]; then
        sleep 0.1
        echo "ok - # SKIP $1: $(tail -n 1 "$scratch/err")"
        skipped=$((skipped + 1))
        return
    fi
    skip=$(count '^ok .*# SKIP')
    ok=$(($(count '^ok ') - skip))
    not_ok=$(count '^not ok ')
    lost=$(missing $((ok + not_ok + skip)))
    if [ "$status" -ne 0 ] && [ "$not_ok" -eq 0 ] && [ "$lost" -eq 0 ]; then
        lost=1
    fi
    if [ "$lost" -gt 0 ]; then
        echo "not ok - $1 ended with status $status, $lost test(s) short" | tee -a "$scratch/failures"
    fi
    sed -n '/^not ok /,/^ok \|^1\.\./{ /^not ok \|^#/p }' "$scratch/out" >> "$scratch/failures"
    passed=$((passed + ok))
    failed=$((failed + not_ok + lost))
    skipped=$((skipped + skip))
}

for command in "$@"; do
    run_one "$command"
done

if [ "$failed" -gt 0 ]; then
    echo '# what failed:'
    sed 's/^not ok/# &/' "$scratch/failures"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ] && { [ -z "${CI:-}" ] || [ "$skipped" -eq 0 ]; }
