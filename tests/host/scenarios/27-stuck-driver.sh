#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver that never returns from remove() costs its own VM the start, and nobody anything else.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

insmod /mnt/build/modules/stuck.ko
check 'the driver has the device' wait_for has_driver "$driverless" stuck
printf '[devices]\ntimeout = 6\n' > /etc/hostdevctl/domains/win10.conf
define win10 "$(hostdev "$driverless" yes)" "$(hostdev "$drive0" yes)"
define debian "$(hostdev "$drive1" yes)"

status=0
virsh --quiet start win10 > "$scratch/said" 2>&1 &
starting=$!
wait_for test ! -e "$pci/$driverless/driver"
check 'while its start waits, libvirtd answers about other VMs' timeout 10 virsh domstate debian
wait $starting || status=$?
same 'the start fails, within its time' 1 $status
check 'the message names the device' says "$(cat "$scratch/said")" 'hostdevctl: ' "$driverless"
same 'the other device of the VM is back' "nvme (null)" "$(driver_of "$drive0") $(override_of "$drive0")"
check 'lists of VMs are answered' timeout 10 virsh list --all

check 'while it is stuck, another VM starts' start debian
check 'and owns its drive' holds "$(qemu_of debian)" "$drive1"
check 'starting the first one again fails in time' takes_at_most 15 is_refused win10
check 'and names the device once more' says "$said" "$driverless"
check 'the other VM is destroyed' destroy debian
same 'and its drive is back' "nvme (null)" "$(driver_of "$drive1") $(override_of "$drive1")"

echo N > /sys/module/stuck/parameters/stuck
check 'when the driver lets go, the VM starts' wait_for start win10
check 'and owns the device' holds "$(qemu_of win10)" "$driverless"
check 'it is destroyed' destroy win10
same 'the device is back where it was' "stuck (null)" "$(driver_of "$driverless") $(override_of "$driverless")"
check 'no process is left' wait_for no_hook_runs
rmmod stuck
