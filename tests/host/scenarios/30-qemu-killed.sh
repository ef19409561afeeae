#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# QEMU dies under the VM. One drive is unmanaged: that one libvirt would never give back.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" no)"
check 'a VM starts' start win10
kill -9 "$(qemu_of win10)"
check 'libvirt notices that QEMU is dead' wait_for is_off win10
check 'the managed drive comes back by itself' wait_for has_driver "$drive0" nvme
check 'the unmanaged drive, too' wait_for has_driver "$drive1" nvme
