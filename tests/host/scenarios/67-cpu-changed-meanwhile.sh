#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What somebody else sets while a VM runs, or has set before, is theirs.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

drop_in() {
    tail -n 1 "/run/systemd/system.control/$1.d/50-AllowedCPUs.conf"
}

before=$(cpu_snapshot)
smp 2
define win10
configure_cpus win10 'pin = auto' 'isolate = yes' 'irq = move'
systemctl set-property --runtime user.slice AllowedCPUs=0-6
mine=$(cpu_snapshot)
check 'a VM starts on a host that keeps a slice off a CPU' start win10
same 'that slice keeps off it, and off those of the VM' '0-3,6 0-3,6' "$(allowed user.slice)"
check 'it is destroyed' destroy win10
same 'the slice is as it was' "$mine" "$(cpu_snapshot)"

check 'the VM starts' start win10
check 'systemd reads its files again' systemctl daemon-reload
same 'the slices stay as they were' $'init.scope 0-3,6-7 0-3,6-7\nsystem.slice 0-3,6-7 0-3,6-7\nuser.slice 0-3,6 0-3,6\nmachine.slice all 0-7' \
    "$(all_allowed)"
systemctl set-property --runtime system.slice AllowedCPUs=0-1
echo 1f > /proc/irq/default_smp_affinity
check 'it is destroyed' destroy win10
same 'what somebody else has set meanwhile is left' '0-1 0-1' "$(allowed system.slice)"
same 'with its drop-in' 'AllowedCPUs=0-1' "$(drop_in system.slice)"
same 'also where new interrupts go' 1f "$(< /proc/irq/default_smp_affinity)"
same 'the other slice is as it was' '0-6 0-6' "$(allowed user.slice)"
check 'the log tells' grep -q 'system.slice: somebody else has changed it' <(journalctl --boot --no-pager)

check 'the VM starts' start win10
same 'that counts from now on' '0-1 0-1' "$(allowed system.slice)"
check 'it is destroyed' destroy win10
same 'and is still there' '0-1 0-1' "$(allowed system.slice)"
echo ff > /proc/irq/default_smp_affinity
systemctl set-property --runtime system.slice AllowedCPUs=0-7
systemctl set-property --runtime system.slice AllowedCPUs=
systemctl set-property --runtime user.slice AllowedCPUs=0-7
systemctl set-property --runtime user.slice AllowedCPUs=
systemctl revert system.slice user.slice
same 'with that undone, all is as it was' "$before" "$(cpu_snapshot)"
