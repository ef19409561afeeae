#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs scenarios on an emulated host and prints TAP. This is the ring of tests with the last word: a
# real Debian with its kernel, udev and libvirtd calls the installed hook, and a real QEMU gets the
# device.
#
#     run.sh bookworm|trixie [SCENARIO...]
#
# Exit 0: all well. 1: something failed; the host's console and journal are in the file named then.
# 77: skipped, for the reason on stderr.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=number.sh
. "$here/number.sh"
release=${1:?usage: run.sh bookworm|trixie [SCENARIO...]}
shift

console=$(mktemp "${TMPDIR:-/tmp}/hostdevctl-$release-console-XXXXXX")
host=
keep_console=
# shellcheck disable=SC2317
cleanup() {
    [ -z "$host" ] || kill "$host" 2> /dev/null || true
    [ -n "$keep_console" ] || rm -f "$console"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# boot ARGUMENT...: a host that runs these scenarios; $status is how it ended.
boot() {
    exec 3< <(HOST_CONSOLE=$console exec "$here/boot.sh" "$release" tests/host/guest.sh "$@")
    host=$!
    number_all <&3
    status=0
    wait "$host" || status=$?
    host=
}

boot "$@"
# Where the emulator failed a new host goes on, unless it fails there again.
while [ "$status" -eq 126 ] && [ -n "$scenario" ] && [ "$scenario" != "${again:-}" ]; do
    again=$scenario
    boot --from "$again" "$@"
done

if [ "$status" -eq 77 ]; then
    exit 77
fi
case $status in
0) number 'ok - the emulated host runs to its end' ;;
124) number 'not ok - the emulated host runs to its end: it took too long' ;;
*) number "not ok - the emulated host runs to its end: status $status" ;;
esac
echo "1..$count"
if [ $failed -gt 0 ]; then
    keep_console=1
    echo "# $failed of $count failed; console and journal of the host: $console"
    exit 1
fi
