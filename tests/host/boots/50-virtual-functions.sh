#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A drive that can do SR-IOV stays with the host, which makes virtual functions of it for VMs.
# Only on bookworm.
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034
cards=(root nvme-vfs)
reserve reserved '[device 0000:02:00.0]' 'sriov-vfs = 4' 'vf = 0-1'
for tool in initramfs-tools dracut; do
    check "$tool: the host comes up" boot "$tool" "$initramfs_only"
    same "$tool: the physical function is the host's" nvme "$(drivers 02:00.0)"
    same "$tool: there are four virtual functions, the first two are reserved, the others are nobody's" \
        'vfio-pci vfio-pci - - absent' "$(drivers 02:00.1 02:00.2 02:00.3 02:00.4 02:00.5)"
    for function in 1 2; do
        check "$tool: the host's driver has never touched function $function" never_touched nvme "02:00.$function"
    done
done
