#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the host is using is refused by name, and its data stays intact.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../in-use.sh"

disk=$(disk_of "$drive0")

mke2fs -q "/dev/$disk"
mkdir -p "$scratch/mounted"
mount "/dev/$disk" "$scratch/mounted"
head -c 1000000 /dev/urandom > "$scratch/mounted/data"
sum=$(sha256sum < "$scratch/mounted/data")
is_kept 'a mounted drive' "$drive0" nvme "its disk $disk is mounted at $scratch/mounted" "force = in-use under [device $drive0]"
is_intact 'its data is intact' "$scratch/mounted/data" "$sum"
umount "$scratch/mounted"

# In a mount namespace of its own, where nobody else sees it.
unshare --mount --propagation private sh -c "mount /dev/$disk $scratch/mounted && exec sleep 600" &
other=$!
wait_for grep -q "$scratch/mounted" "/proc/$other/mountinfo"
is_kept 'a drive that another mount namespace has mounted' "$drive0" nvme "is mounted at $scratch/mounted for process $other (sleep)"
kill $other
wait $other || true

mkswap -q "/dev/$disk" > /dev/null
swapon "/dev/$disk"
force "$drive0"
is_kept 'a drive that the host swaps on, even if it is forced,' "$drive0" nvme "swap is on it, at $disk" 'The host cannot do without it'
rm /etc/hostdevctl/domains/win10.conf
swapoff "/dev/$disk"

dmsetup create vg-data --table "0 8192 linear /dev/$disk 0"
is_kept 'a drive that a volume is on' "$drive0" nvme "its disk $disk is part of volume vg-data"
mke2fs -q /dev/mapper/vg-data
mount /dev/mapper/vg-data "$scratch/mounted"
is_kept 'a drive that a mounted volume is on' "$drive0" nvme "its disk $disk is part of volume vg-data, which is mounted at $scratch/mounted"
umount "$scratch/mounted"
dmsetup remove vg-data

sleep 600 9< "/dev/$disk" &
reader=$!
is_kept 'a drive that a process reads' "$drive0" nvme "process $reader (sleep)"
kill $reader
wait $reader || true

interface=$(ls "$pci/$nic1/net")
ip link set "$interface" up
ip address add 192.0.2.1/24 dev "$interface"
is_kept 'a network card with an address' "$nic1" e1000e "$interface has the address 192.0.2.1"
ip route add default via 192.0.2.254
is_kept 'the network card of the default route' "$nic1" e1000e "default route leads through its network interface $interface"
ip address flush dev "$interface"
ip link add bridge0 type bridge
ip link set "$interface" master bridge0
is_kept 'a network card that is a port of a bridge' "$nic1" e1000e "its network interface $interface is a port of bridge0"
ip link delete bridge0
ip link set "$interface" down

virsh --quiet undefine win10
define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$nic1" yes)"
check 'idle, both go to the VM' start win10
check 'which owns them' holds "$(qemu_of win10)" "$drive0"
check 'and gives them back' destroy win10
wait_for has_driver "$nic1" e1000e
wipefs -qa "/dev/$(disk_of "$drive0")" || true
