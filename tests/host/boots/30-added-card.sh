#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A card is added in front of all others, and their buses are numbered anew.
# Only on trixie.
. "$(dirname "$0")/lib.sh"

reserve address '[device 0000:04:00.0]' 'id = 8086:10d3'
reserve path '[path pci0000:00/09.0/00.0]'
reserve serial "[serial $(serial_of 5)]" 'id = 8086:10d3'

check 'the host comes up' boot initramfs-tools "$initramfs_only"
same 'drive and cards are found by address, path and serial number' \
    'nvme vfio-pci nvme vfio-pci vfio-pci' "$(drivers 01:00.0 02:00.0 03:00.0 04:00.0 05:00.0)"

# shellcheck disable=SC2034
added=e1000e
for tool in initramfs-tools dracut; do
    check "$tool: the host comes up with a card more" boot "$tool" "$initramfs_only"
    same "$tool: the drive that now has the card's address is left to the host" \
        nvme "$(drivers 04:00.0)"
    check "$tool: and the log says so" logged 'hostdevctl: 0000:04:00.0 is left to the host: it is 1b36:0010.* 8086:10d3'
    same "$tool: the drive is still found by its path" 'nvme vfio-pci' "$(drivers 02:00.0 03:00.0)"
    same "$tool: the card is still found by its serial number" \
        'e1000e e1000e vfio-pci' "$(drivers 01:00.0 05:00.0 06:00.0)"
    check "$tool: the host's drivers have never touched the drive" never_touched nvme 03:00.0
    check "$tool: nor the card" never_touched e1000e 06:00.0
done
