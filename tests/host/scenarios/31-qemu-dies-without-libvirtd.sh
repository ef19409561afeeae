#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# QEMU dies while there is no libvirtd to notice it. One drive is unmanaged: that one libvirt would
# never give back.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" no)"
check 'a VM starts' start win10
qemu=$(qemu_of win10)
systemctl --quiet stop libvirtd.service
check 'the VM does not need libvirtd' holds "$qemu" "$drive0"
kill -9 "$qemu"
wait_for is_gone "$qemu"
systemctl start libvirtd.service
check 'the managed drive comes back as soon as libvirtd does' wait_for has_driver "$drive0" nvme
check 'the unmanaged drive, too' wait_for has_driver "$drive1" nvme
check 'the VM is off' wait_for is_off win10
