#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver that has the reserved device already goes only if nobody uses the device.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

disk=/dev/$(disk_of "$drive1")
mke2fs -q "$disk"
mkdir -p "$scratch/mounted"
mount "$disk" "$scratch/mounted"
interface=$(ls "$pci/$nic1/net")
ip link set "$interface" up
ip address add 192.0.2.1/24 dev "$interface"
sleep 600 9< "/dev/$(disk_of "$drive2")" &
reader=$!

reserve "[device $drive1]" "[device $nic1]" "[device $drive2]"
dmesg --clear
"$early" || true
said=$(dmesg)
same 'a mounted drive is left to the host, untouched' 'nvme (null)' \
    "$(driver_of "$drive1") $(override_of "$drive1")"
check 'and the log names its disk and where it is mounted' says "$said" "$drive1 is left to the host: nvme has it, and its disk ${disk#/dev/} is mounted at $scratch/mounted"
same 'a network card that has an address is left to the host' 'e1000e (null)' \
    "$(driver_of "$nic1") $(override_of "$nic1")"
check 'and the log names the interface' says "$said" "its network interface $interface has the address 192.0.2.1"
same 'a drive that a process reads is left to the host' 'nvme (null)' \
    "$(driver_of "$drive2") $(override_of "$drive2")"
check 'and the log names the process' says "$said" "process $reader (sleep)"

kill $reader
wait $reader || true
umount "$scratch/mounted"
ip address flush dev "$interface"
ip link set "$interface" down
check 'idle, all of them are taken' "$early"
same 'and reserved' 'vfio-pci vfio-pci vfio-pci' \
    "$(driver_of "$drive1") $(driver_of "$nic1") $(driver_of "$drive2")"

unreserve
give_back_by_hand "$drive1" nvme
give_back_by_hand "$drive2" nvme
give_back_by_hand "$nic1" e1000e
