#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A drive that hides in <disk type='nvme'>: QEMU drives it by itself, over VFIO.
# Not confined by AppArmor: libvirt's profile of such a VM lacks /dev/vfio/GROUP (seen with libvirt
# 9.0 and 11.3).
. "$(dirname "$0")/../lib.sh"

define win10 "$(nvme_disk "$drive1" yes)"
check 'a VM with an NVMe disk starts' start win10
same 'the drive is on vfio-pci' vfio-pci "$(driver_of "$drive1")"
check 'the VM really owns the drive' holds "$(qemu_of win10)" "$drive1"
check 'the VM is destroyed' destroy win10
same 'the drive is back on its driver' nvme "$(driver_of "$drive1")"
