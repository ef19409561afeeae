#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An admin gave the drive to vfio-pci by hand, for good. That is how it has to be found again.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

modprobe vfio-pci
check 'the admin gives the drive to vfio-pci' give_by_hand "$drive0" vfio-pci
define win10 "$(hostdev "$drive0" yes)"
check 'a VM with a drive that is on vfio-pci already starts' start win10
check 'the VM really owns the drive' holds "$(qemu_of win10)" "$drive0"
check 'the VM is destroyed' destroy win10
same 'the drive stays on vfio-pci' vfio-pci "$(driver_of "$drive0")"
same 'the override that the admin wrote is still there' vfio-pci "$(override_of "$drive0")"

check 'the admin takes it back' give_by_hand "$drive0" nvme
echo > "$pci/$drive0/driver_override"
