#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What restarts the guest but not QEMU is none of the host's business.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$drive0" yes)"
check 'a VM starts' start win10
qemu=$(qemu_of win10)
during=$(snapshot)
check 'the guest is reset' virsh reset win10
check 'the guest is told to reboot' virsh reboot win10 --mode acpi
check 'the VM runs on' is_running win10
check 'the same QEMU still owns the drive' holds "$qemu" "$drive0"
same 'nothing on the host has changed' "$during" "$(snapshot)"
check 'the VM is destroyed' destroy win10
