#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device that no driver of the host wants: it goes to the VM all the same, and must not come back
# to anything.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$driverless" no)"
check 'a VM with a device without a driver starts' start win10
check 'the VM really owns the device' holds "$(qemu_of win10)" "$driverless"
check 'the VM is destroyed' destroy win10
same 'the device has no driver again' - "$(driver_of "$driverless")"
same 'no override is left' '(null)' "$(override_of "$driverless")"
