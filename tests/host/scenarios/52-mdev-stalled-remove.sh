#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The driver does not come back from removing the mdev. The bus has forgotten it by then; its parent
# has not, and neither has the kernel, which refuses the UUID.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

plug_gpu
configure_mdev win10
printf '[devices]\ntimeout = 4\n' >> /etc/hostdevctl/domains/win10.conf
define win10 "$(mdev_xml "$uuid")"
check 'a VM starts' start win10
misbehaves stall_remove -1
check 'it is destroyed, and libvirt does not wait for ever' takes_at_most 12 destroy win10
check 'the VM is off' is_off win10
check 'the kernel still removes its mdev' test -e "$pci/$gvt/$uuid"
check 'starting the VM again ends in time' takes_at_most 12 is_refused win10
check 'the message names the UUID' says "$said" 'hostdevctl: ' "$uuid"
check 'it does not take the mdev for one that exists' fails says "$said" 'File exists'
check 'libvirtd is well' timeout 10 virsh domstate win10

misbehaves stall_remove 0
check 'when the driver is back, the VM starts' start win10
same 'with one mdev, the right one' "$uuid i915-GVTg_V5_4" "$(mdevs) $(mdev_type "$uuid")"
check 'the VM is destroyed' destroy win10
same 'the mdev is gone' '' "$(mdevs)"
same 'every instance is free again' 8 "$(available V5_8)"
check 'no process is left' wait_for no_hook_runs
