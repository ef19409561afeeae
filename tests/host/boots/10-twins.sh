#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Three identical drives: the second is reserved, the root file system is on the first. The initramfs
# images are taken as they are made. HOST_BOOTS is how often each boots (2).
. "$(dirname "$0")/lib.sh"

# twins_are_told_apart WHO WORD...: boots, and looks.
twins_are_told_apart() {
    local who=$1
    shift
    check "$who: the host comes up" boot "$@"
    same "$who: of three identical drives, the second is reserved" \
        'nvme vfio-pci nvme' "$(drivers 01:00.0 02:00.0 03:00.0)"
    check "$who: the host's driver has never touched it" never_touched nvme 02:00.0
}

fits() {
    local size
    size=$(gzip -c "$made/installed/usr/lib/udev/hostdevctl-early" | wc -c)
    echo "$size bytes"
    [ "$size" -lt $((200 * 1024)) ]
}

check 'the early binder adds less than 200 KiB to an initramfs' fits

reserve reserved "$(< "$cases/reserved.conf")"
for tool in initramfs-tools dracut; do
    twins_are_told_apart "$tool, whole boot" "$tool"
    for ((i = 2; i <= ${HOST_BOOTS:-2}; i++)); do
        twins_are_told_apart "$tool, boot $i" "$tool" "$initramfs_only"
    done
done
twins_are_told_apart 'dracut without systemd' dracut-sh "$initramfs_only"
