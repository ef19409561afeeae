#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boots emulated hosts that reserve devices for VMs from the initramfs on, and prints TAP: real
# initramfs images, made by the distribution's own tools, with the early binder in them.
#
#     boots.sh bookworm|trixie [CASE...]
#
# A case is named by its file's name in boots/ without ".sh", or by the number in front; `all` is all of
# them. Without names: those too, but for those that say "# Only on RELEASE." and mean another one. Exit 0: all well. 1: something failed. 77: skipped, for the reason on stderr.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=number.sh
. "$here/number.sh"
release=${1:?usage: boots.sh bookworm|trixie [CASE...]}
shift
PATH=$PATH:/usr/sbin:/sbin

image=$("$here/image.sh" "$release")
made=$("$here/initrd.sh" "$release")
exec 8< "$image"
flock --shared 8
scratch=$(mktemp -d "${TMPDIR:-/tmp}/hostdevctl-boots-XXXXXX")
running=
# shellcheck disable=SC2317
cleanup() {
    if [ -n "$running" ] && kill "$running" 2> /dev/null; then
        wait "$running" || true
    fi
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
export image made scratch release

wanted() {
    local name only pattern
    name=$(basename "$1" .sh)
    only=$(sed -n 's/^# Only on \(.*\)\.$/\1/p' "$1")
    shift
    if [ $# -eq 0 ]; then
        [ "${only:-$release}" = "$release" ]
        return
    fi
    for pattern in "$@"; do
        case $name in
        "$pattern" | "$pattern"-*) return 0 ;;
        *) [ "$pattern" != all ] || return 0 ;;
        esac
    done
    return 1
}

# The root file system, with the project installed and the host's report in it.
make_root() (
    # shellcheck source=boots/lib.sh
    . "$here/boots/lib.sh"
    cp --reflink=auto --sparse=always "$image/root.img" "$scratch/root.img"
    put /boots/report.sh 755 < "$here/boots/report.sh"
    put /etc/systemd/system/boots.service < "$here/boots/boots.service"
    inject "$files"
    inject "$made/installed"
    rm -r "$files"
)

# In a session of its own, so that whoever stops this stops the emulator, too.
run_case() {
    local file=$1 name status=0 begun=$SECONDS
    name=$(basename "$file" .sh)
    echo "# case $name"
    setsid bash "$file" 8<&- &
    # shellcheck disable=SC2064
    trap "kill -- -$! 2> /dev/null; exit 130" TERM
    wait $! || status=$?
    if [ $status -ne 0 ]; then
        echo "not ok - $name runs to its end: exit status $status"
    fi
    echo "# $name took $((SECONDS - begun)) s"
}

run_cases() {
    local file
    for file in "$here"/boots/[0-9]*.sh; do
        if wanted "$file" "$@"; then
            run_case "$file" 2>&1
        fi
    done
}

make_root
exec 3< <(run_cases "$@")
running=$!
number_all <&3
running=
echo "1..$count"
[ "$failed" -eq 0 ]
