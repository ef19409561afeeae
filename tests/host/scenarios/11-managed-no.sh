#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# managed='no': libvirt itself would refuse to start this VM, for nobody detached the drive by hand.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$drive0" no)"
check 'a VM with an unmanaged drive starts' start win10
same 'the drive is on vfio-pci' vfio-pci "$(driver_of "$drive0")"
check 'the VM really owns the drive' holds "$(qemu_of win10)" "$drive0"
check 'the VM is destroyed' destroy win10
same 'the drive is back on its driver' nvme "$(driver_of "$drive0")"
