#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A drive that an LVM volume, an array or swap is on is refused by name, and what is on it stays intact.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../in-use.sh"

disk0=$(disk_of "$drive0") disk1=$(disk_of "$drive1") disk2=$(disk_of "$drive2") disk3=$(disk_of "$drive3")
mounted=$scratch/mounted
mkdir -p "$mounted"

# put_on DEVICE: a file system with a file; $sum is that of the file.
put_on() {
    mke2fs -q -F "$1"
    mount "$1" "$mounted"
    head -c 1000000 /dev/urandom > "$mounted/data"
    sum=$(sha256sum < "$mounted/data")
}

# --- LVM, on a partition ---

# A table with one entry, of type LVM: from sector 2048 on, 120 Ki sectors. No program here writes one.
printf '\0\0\0\0\x8e\0\0\0\0\x08\0\0\0\xe0\x01\0' | dd of="/dev/$disk2" bs=1 seek=446 conv=notrunc status=none
printf '\x55\xaa' | dd of="/dev/$disk2" bs=1 seek=510 conv=notrunc status=none
blockdev --rereadpt "/dev/$disk2"
wait_for test -b "/dev/${disk2}p1"
pvcreate -qq "/dev/${disk2}p1"
vgcreate -qq vg "/dev/${disk2}p1"
lvcreate -qq -y -Wn -L 32M -n data vg
is_kept 'a drive that an idle volume is on' "$drive2" nvme "its disk ${disk2}p1 is part of volume vg-data"
put_on /dev/vg/data
is_kept 'a drive that a mounted volume is on' "$drive2" nvme "its disk ${disk2}p1 is part of volume vg-data, which is mounted at $mounted"
is_intact 'what is on the volume is intact' "$mounted/data" "$sum"
umount "$mounted"
vgremove -qq --yes vg
pvremove -qq "/dev/${disk2}p1"

# --- an array of two ---

mdadm --quiet --create /dev/md0 --run --level=1 --metadata=1.2 --bitmap=none --raid-devices=2 "/dev/$disk0" "/dev/$disk1" < /dev/null
put_on /dev/md0
for drive in "$drive0" "$drive1"; do
    is_kept 'one drive of an array' "$drive" nvme "its disk $(disk_of "$drive") is part of md0, which is mounted at $mounted"
done
is_intact 'what is on the array is intact' "$mounted/data" "$sum"
same 'the array has both drives' 2 "$(find /sys/block/md0/slaves/ -name 'nvme*' | wc -l)"
umount "$mounted"

# --- swap, which cannot be forced ---

mkswap -q /dev/md0 > /dev/null
swapon /dev/md0
force "$drive1"
is_kept 'the second drive of an array that the host swaps on, even if it is forced,' "$drive1" nvme "swap is on it, at $disk1" 'The host cannot do without it'
swapoff /dev/md0
mdadm --quiet --stop /dev/md0
mdadm --quiet --zero-superblock "/dev/$disk0" "/dev/$disk1"

put_on "/dev/$disk3"
head -c 8M /dev/zero > "$mounted/swap"
chmod 600 "$mounted/swap"
mkswap -q "$mounted/swap" > /dev/null
swapon "$mounted/swap"
force "$drive3"
is_kept 'a drive with a swap file, even if it is forced,' "$drive3" nvme "swap is on it, at $disk3" 'The host cannot do without it'
swapoff "$mounted/swap"
is_intact 'what is beside the file is intact' "$mounted/data" "$sum"
umount "$mounted"
rm /etc/hostdevctl/domains/win10.conf

virsh --quiet undefine win10
define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" yes)" "$(hostdev "$drive2" yes)" "$(hostdev "$drive3" yes)"
check 'idle, all of them go to the VM' start win10
check 'which gives them back' destroy win10
wait_for has_driver "$drive3" nvme
udevadm settle
for drive in "$drive0" "$drive1" "$drive2" "$drive3"; do
    disk=$(disk_of "$drive")
    wipefs -qaf "/dev/$disk" || true
    blockdev --rereadpt "/dev/$disk" || true
done
