#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two drives at once, and a network card next to them.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" no)" "$(hostdev "$nic1" yes)"
check 'a VM with three devices starts' start win10
for device in "$drive0" "$drive1" "$nic1"; do
    check "the VM really owns $device" holds "$(qemu_of win10)" "$device"
done
check 'the VM is destroyed' destroy win10
same 'every device is back on its driver' 'nvme nvme e1000e' \
    "$(driver_of "$drive0") $(driver_of "$drive1") $(driver_of "$nic1")"
