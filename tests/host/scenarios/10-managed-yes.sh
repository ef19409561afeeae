#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A VM with managed='yes', from start to destroy.
. "$(dirname "$0")/../lib.sh"

label=
define win10 "$(hostdev "$drive0" yes)"
check 'a VM with a managed drive starts' start win10
same 'the drive is on vfio-pci' vfio-pci "$(driver_of "$drive0")"
check 'the VM really owns the drive' holds "$(qemu_of win10)" "$drive0"
check 'the hook remembers what it did' test -n "$(find /run/hostdevctl -type f)"
check 'the VM is destroyed' destroy win10
same 'the drive is back on its driver' nvme "$(driver_of "$drive0")"
check 'the host uses the drive again' wait_for has_disk "$drive0"
