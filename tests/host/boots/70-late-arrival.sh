#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Reserved devices that are plugged in long after the boot. A driver that is loaded may have them for a
# moment: the kernel does not wait for udev.
# Only on bookworm.
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034
cards=(root empty empty empty)
reserve reserved '[path pci0000:00/09.0/00.0]' '[id 8086:10d3]'
job << 'JOB'
echo '@monitor device_add nvme,serial=late-2,bus=port-2'
echo '@monitor device_add e1000e,bus=port-3'
echo '@monitor device_add nvme,serial=late-4,bus=port-4'
for ((i = 0; i < 300; i++)); do
    arrived=(/sys/bus/pci/devices/0000:0[234]:00.0/driver)
    [ ${#arrived[@]} -lt 3 ] || break
    sleep 0.2
done
udevadm settle
JOB
check 'the host comes up' boot initramfs-tools
same 'a drive in the reserved slot is reserved, a card of the reserved kind too, another drive is not' \
    'vfio-pci vfio-pci nvme' "$(drivers 02:00.0 03:00.0 04:00.0)"
