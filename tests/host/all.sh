#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs all scenarios, or all boots, on several releases side by side, and prints their TAP streams one
# after the other.
#
#     all.sh run.sh|boots.sh RELEASE...
#
# Exit 77 if every one was skipped; one skipped among others is counted in the stream.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
program=${1:?usage: all.sh run.sh|boots.sh RELEASE...}
shift
scratch=$(mktemp -d)
declare -A process
# shellcheck disable=SC2317
cleanup() {
    kill "${process[@]}" 2> /dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

for release in "$@"; do
    "$here/$program" "$release" > "$scratch/$release" 2> "$scratch/$release.errors" &
    process[$release]=$!
done

# Shows a stream while it grows.
show() {
    tail -n +1 -f --pid="${process[$1]}" --sleep-interval=0.5 "$scratch/$1"
}

failed=0 ran=0
for release in "$@"; do
    echo "# emulated host: $release, $program"
    show "$release"
    status=0
    wait "${process[$release]}" || status=$?
    unset "process[$release]"
    cat "$scratch/$release.errors" >&2
    if [ "$status" -eq 77 ]; then
        echo "ok - # SKIP $release: $(tail -n 1 "$scratch/$release.errors")"
        echo 1..1
        continue
    fi
    ran=1
    if [ "$status" -ne 0 ]; then
        failed=1
    fi
done
if [ $ran -eq 0 ]; then
    exit 77
fi
exit $failed
