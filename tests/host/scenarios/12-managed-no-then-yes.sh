#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One drive, two VMs after each other. libvirt keeps an unmanaged device in a list of its own when
# its VM has gone, and would then leave it on vfio-pci after a VM with managed='yes'.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

define first "$(hostdev "$drive0" no)"
define second "$(hostdev "$drive0" yes)"
check 'the VM with managed=no starts' start first
check 'it is destroyed' destroy first
same 'the drive is back after the first' nvme "$(driver_of "$drive0")"
check 'the VM with managed=yes starts' start second
check 'the second VM really owns the drive' holds "$(qemu_of second)" "$drive0"
check 'the second is destroyed' destroy second
same 'the drive is back after the second' nvme "$(driver_of "$drive0")"
