#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# QEMU dies under a VM with an mdev.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

no_mdevs() {
    [ -z "$(mdevs)" ]
}

plug_gpu
configure_mdev win10
define win10 "$(mdev_xml "$uuid")"
check 'a VM starts' start win10
check 'its mdev is there' mdev_exists "$uuid"
kill -9 "$(qemu_of win10)"
check 'libvirt notices that QEMU is dead' wait_for is_off win10
check 'the mdev is gone' wait_for no_mdevs
same 'every instance is free again' 8 "$(available V5_8)"
