#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Shows on an emulated host what hostdevctl does: real VMs take devices and give them back.
#
#     demo.sh [bookworm|trixie]
#
# The host is built the first time (some two minutes) and boots in half a minute. HOST_ACCEL=kvm
# makes all of it quick where KVM works.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
release=${1:-trixie}

# Prints, on a terminal, how long it has been taking; $1 and what it prints begin a line.
clock() {
    if [ -t 2 ]; then
        printf '\r%s %d s ' "$1" "$SECONDS" >&2
    fi
}

"$here/image.sh" "$release" > /dev/null
SECONDS=0
waiting="Booting Debian $release on emulated hardware ..."
echo "$waiting" >&2

exec 3< <(exec "$here/boot.sh" "$release" tests/host/guest-demo.sh)
host=$!
trap 'kill "$host" 2> /dev/null || true' EXIT
trap 'exit 130' INT TERM

# Until the host speaks, a clock does; $line is then the first that it said.
status=0
while true; do
    status=0
    IFS= read -r -t 1 -u 3 line || status=$?
    [ $status -gt 128 ] || break
    clock 'It takes about half a minute:'
done
if [ -t 2 ]; then
    printf '\r%*s\r' 50 '' >&2
fi
if [ $status -eq 0 ]; then
    printf '%s\n' "$line"
    cat <&3
fi
status=0
wait "$host" || status=$?
trap - EXIT
exit $status
