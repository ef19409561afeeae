#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device that is pulled out and plugged in again while the host runs is reserved by udev's rules.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

reserve "[device $drive1]" 'id = 1b36:0010'
check 'the pass that runs at boot succeeds' "$early"
# udev looks for new rules every three seconds; at boot it starts after they are there.
udevadm control --reload
port=$(dirname "$(readlink -f "$pci/$drive1")")
echo 1 > "$pci/$drive1/remove"
check 'the drive is pulled out' wait_for fails test -e "$pci/$drive1"
modprobe nvme
echo 1 > "$port/rescan"
check 'the drive is plugged in again, and goes to vfio-pci' wait_for has_driver "$drive1" vfio-pci
udevadm settle
same 'and stays there' 'vfio-pci vfio-pci' "$(driver_of "$drive1") $(override_of "$drive1")"

echo 1 > "$pci/$drive2/remove"
check 'a twin is pulled out' wait_for fails test -e "$pci/$drive2"
echo 1 > /sys/bus/pci/rescan
check 'it goes to its driver when it is back' wait_for has_driver "$drive2" nvme
udevadm settle

unreserve
give_back_by_hand "$drive1" nvme
wait_for test -e "$pci/$drive1/nvme"
