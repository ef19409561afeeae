#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device that is reserved from boot on is given to a VM, and is reserved still when that has ended.
. "$(dirname "$0")/../lib.sh"

reserve "[device $drive1]" 'id = 1b36:0010'
check 'the pass that runs at boot takes the idle drive from its driver' "$early"
same 'it is on vfio-pci' 'vfio-pci vfio-pci' "$(driver_of "$drive1") $(override_of "$drive1")"
same 'its twins are not' 'nvme nvme' "$(driver_of "$drive0") $(driver_of "$drive2")"
for managed in yes no; do
    virsh --quiet undefine win10 2> /dev/null || true
    define win10 "$(hostdev "$drive1" $managed)"
    check "a VM with managed='$managed' starts" start win10
    check 'it really owns the drive' holds "$(qemu_of win10)" "$drive1"
    check 'it is destroyed' destroy win10
    same 'the drive is reserved as before' 'vfio-pci vfio-pci' \
        "$(driver_of "$drive1") $(override_of "$drive1")"
done

unreserve
give_back_by_hand "$drive1" nvme
