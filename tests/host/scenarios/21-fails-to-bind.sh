#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vfio-pci refuses the second of three drives, when the first may be on it already.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

before=$(snapshot)
insmod /mnt/build/modules/refuse-vfio.ko device="$drive1"
define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" yes)" "$(hostdev "$drive2" yes)"
check 'a VM with a drive that cannot be bound is refused' is_refused win10
check 'the message names the drive' says "$said" 'hostdevctl: ' "$drive1"
same 'all three are back on their driver' "$before" "$(snapshot)"
check 'the host uses the refused drive again' wait_for has_disk "$drive1"
rmmod refuse-vfio
check 'when nothing refuses it any more the VM starts' start win10
check 'the VM is destroyed' destroy win10
