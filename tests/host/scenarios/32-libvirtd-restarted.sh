#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvirtd is restarted under a running VM, as every update of it does.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$drive0" no)"
define other "$(hostdev "$drive0" yes)"
check 'a VM starts' start win10
qemu=$(qemu_of win10)
check 'libvirtd restarts' systemctl restart libvirtd.service
check 'the VM survives' wait_for is_running win10
check 'the same QEMU still owns the drive' holds "$qemu" "$drive0"
check 'the drive is still refused to another VM' is_refused other
check 'the message names the drive and the VM that has it' says "$said" "$drive0" win10
check 'the VM is destroyed' destroy win10
same 'the drive is back on its driver' nvme "$(driver_of "$drive0")"
