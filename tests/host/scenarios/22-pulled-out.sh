#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The second of three drives is pulled out while the hook works on the three.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" yes)" "$(hostdev "$drive2" yes)"
printf '[devices]\ntimeout = 90\n' > /etc/hostdevctl/domains/win10.conf
keep_locked "$drive1"
start win10 > "$scratch/start" &
starting=$!
check 'the first drive is on its way to the VM' wait_for has_driver "$drive0" vfio-pci
echo 1 > "$pci/$drive1/remove"
kill "$keeper"
refused=0
wait $starting || refused=$?
same 'the VM does not start' 1 "$refused"
check 'the message names the drive' says "$(cat "$scratch/start")" 'hostdevctl: ' "$drive1"
same 'the other two are back on their driver' 'nvme nvme' \
    "$(driver_of "$drive0") $(driver_of "$drive2")"

echo 1 > /sys/bus/pci/rescan
check 'the drive is plugged in again' wait_for has_driver "$drive1" nvme
