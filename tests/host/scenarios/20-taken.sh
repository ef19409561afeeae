#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two VMs want the same drive.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

define first "$(hostdev "$drive0" yes)"
define second "$(hostdev "$drive1" yes)" "$(hostdev "$drive0" yes)"
check 'the first VM starts' start first
qemu=$(qemu_of first)
check 'a second VM that wants its drive is refused' is_refused second
check 'the message names the drive and the VM that has it' \
    says "$said" 'hostdevctl: ' "$drive0" first
same 'the other drive of the second VM is on its driver' nvme "$(driver_of "$drive1")"
check 'the first VM runs on' is_running first
check 'and still owns the drive' holds "$qemu" "$drive0"
check 'the first VM is destroyed' destroy first
