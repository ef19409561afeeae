#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boots an emulated host with the project in it, runs one command of the project there and powers
# off.
#
#     boot.sh bookworm|trixie COMMAND [ARGUMENT...]
#
# COMMAND is a path relative to the project. What it prints comes out on stdout as it happens; the
# exit status is the command's. 77: skipped, for the reason on stderr. 124: it took longer than
# $HOST_TIMEOUT seconds (2700). 125: the host died. 126: it was the emulator that failed, which says
# nothing of what ran there. The machine's own console goes to the file $HOST_CONSOLE. For HOST_ACCEL
# see qemu.sh.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=qemu.sh
. "$here/qemu.sh"
release=${1:?usage: boot.sh bookworm|trixie COMMAND...}
shift
timeout=${HOST_TIMEOUT:-2700}
PATH=$PATH:/usr/sbin:/sbin

image=$("$here/image.sh" "$release")
work=$("$here/compile.sh" "$release" "$@")
exec 8< "$image"
flock --shared 8

run=$(mktemp -d "${TMPDIR:-/tmp}/hostdevctl-host-XXXXXX")
console=${HOST_CONSOLE:-$run/console}
qemu=
# shellcheck disable=SC2317
cleanup() {
    if [ -n "$qemu" ]; then
        kill -9 "$qemu" 2> /dev/null || true
    fi
    rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The disk that carries the project in.
make_run_disk() {
    mkdir "$run/disk"
    cp -a "$work/source" "$work/build" "$run/disk/"
    {
        echo '#!/bin/sh'
        echo 'status=0'
        printf '/mnt/source/'
        printf '%q ' "$@"
        # shellcheck disable=SC2016
        printf '|| status=$?\necho "@exit $status"\n'
    } > "$run/disk/start"
    chmod +x "$run/disk/start"
    truncate -s 256M "$run/run.img"
    mke2fs -q -t ext4 -L hostdevctl -O ^has_journal -E root_owner=0:0 -d "$run/disk" "$run/run.img"
    rm -rf "$run/disk"
}

# The hardware. Addresses are fixed, lib.sh names them: six NVMe drives 0000:01:00.0 to
# 0000:06:00.0, each with an IOMMU group of its own; a network card with two functions in one group,
# 0000:07:00.0 and .1; another with one, 0000:08:00.0; 0000:00:1d.0, for which Linux has no driver;
# 0000:00:02.0, where Intel's graphics are, which has none either until modules/i915.c is loaded.
devices() {
    local i
    for i in 0 1 2 3 4 5 6 7; do
        echo "-device pcie-root-port,id=port$i,chassis=$i,bus=pcie.0,addr=$(printf '0x%x' $((8 + i)))"
    done
    for i in 0 1 2 3 4 5; do
        truncate -s 64M "$run/drive$i"
        echo "-drive if=none,id=drive$i,format=raw,cache=unsafe,file=$run/drive$i"
        echo "-device nvme,drive=drive$i,serial=drive$i,bus=port$i"
    done
    echo '-device e1000e,bus=port6,addr=0.0,multifunction=on'
    echo '-device e1000e,bus=port6,addr=0.1'
    echo '-device e1000e,bus=port7'
    echo '-device edu,bus=pcie.0,addr=0x1d'
    echo '-device pci-testdev,bus=pcie.0,addr=0x2'
}

# Two sockets of two cores with two threads each, and a NUMA node of 2 GiB with each socket. That it is
# more than the machine below may have costs three seconds of booting.
# shellcheck disable=SC2054
processors=(
    -smp 8,sockets=2,cores=2,threads=2 -m 4096
    -object memory-backend-ram,id=memory0,size=2G -numa node,nodeid=0,cpus=0-3,memdev=memory0
    -object memory-backend-ram,id=memory1,size=2G -numa node,nodeid=1,cpus=4-7,memdev=memory1
)

start_qemu() {
    local -a hardware
    read -r -d '' -a hardware < <(devices) || true
    emulate "$console" "${processors[@]}" \
        -kernel "$image/vmlinuz" -initrd "$image/initrd" -append "root=/dev/vda ${kernel_line[*]}" \
        -drive "if=virtio,format=raw,snapshot=on,file=$image/root.img" \
        -drive "if=virtio,format=raw,snapshot=on,file=$run/run.img" \
        "${hardware[@]}" 2> "$run/errors"
}

# Passes on what COMMAND prints until it ends; $status is how.
follow() {
    local line got left
    lines=0
    while true; do
        got=0
        left=$((timeout - SECONDS))
        IFS= read -r -t $((left > 0 ? left : 1)) line || got=$?
        if [ "$got" -gt 128 ]; then
            status=124
            return
        fi
        line=${line%$'\r'}
        if [[ $line = '@exit '* ]]; then
            status=${line#@exit }
            return
        fi
        if [ "$got" -ne 0 ]; then
            status=125
            return
        fi
        lines=$((lines + 1))
        printf '%s\n' "$line"
    done
}

boot() {
    rm -f "$run/output"
    mkfifo "$run/output"
    start_qemu > "$run/output" 8<&- &
    qemu=$!
    follow < "$run/output"
}

# How QEMU ended, and what it said itself.
post_mortem() {
    ended=0
    wait "$qemu" || ended=$?
    qemu=
    cat "$run/errors" >&2
    echo "boot.sh: the emulated host died (QEMU's exit status $ended)" >&2
}

make_run_disk "$@"
boot
# One that has not come up gets a second chance.
if [ "$status" -eq 125 ]; then
    post_mortem
    if [ "$lines" -eq 0 ]; then
        echo 'boot.sh: booting once more' >&2
        boot
        [ "$status" -ne 125 ] || post_mortem
    fi
fi
if [ "$status" -eq 125 ] && emulator_failed "$ended" "$console"; then
    echo 'boot.sh: that was the emulator, not the host' >&2
    status=126
fi
if [ "$status" -eq 124 ]; then
    echo "boot.sh: the emulated host did not finish within $timeout seconds" >&2
fi
exit "$status"
