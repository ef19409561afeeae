#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl plan tells what the start of a VM then does; a drive that is detached by hand can be had
# by VMs, stays detached after them, and comes back exactly as it was.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

# The steps of a plan, and of a journal, as text without blanks.
planned() {
    hostdevctl plan --json "$1" | sed -n '/^  "steps": \[/,/^  \]/p' |
        grep -E '^ {8}|^ {6}("step": \{|\})' | sed 's/^ *"step": {$/{/' | tr -d ' \n' | sed 's/}{/},{/g'
}
done_for() {
    sed -n 's/^{"steps":\[\(.*\)\]}$/\1/p' "/run/hostdevctl/$1" | tr -d ' '
}

before=$(snapshot)
define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" no)"
plan=$(planned win10)
same 'plan names both drives' 2 "$(grep -o '"step":"bind"' <<< "$plan" | wc -l)"
same 'and touches nothing' "$before" "$(snapshot)"
check 'the VM starts' start win10
same 'what is done is what was planned' "$plan" "$(done_for win10)"
check 'the next start can be planned meanwhile' hostdevctl plan win10
same 'and is the same, but for modules, which stay' "${plan#*\"step\":\"module\"\},}" "$(planned win10)"
said=$(hostdevctl attach "$drive0" 2>&1) || true
same 'a drive that the VM has cannot be attached' '1 vfio-pci' \
    "$(grep -c 'is in use by VM win10: shut that VM down first' <<< "$said") $(driver_of "$drive0")"
check 'the VM is destroyed' destroy win10
same 'the host is as before' "$before" "$(snapshot)"
same 'an unknown VM is a sentence' "hostdevctl: libvirt knows no VM 'none': virsh -c qemu:///system list --all lists those there are" \
    "$(hostdevctl plan none 2>&1 || true)"

check 'a drive is detached' hostdevctl detach "$drive0"
same 'it is on vfio-pci' vfio-pci "$(driver_of "$drive0")"
configure win10 '[devices]' 'detach = none'
virsh --quiet undefine win10
define win10 "$(hostdev "$drive0" no)"
check 'the plan leaves it alone' grep -q 'detach = none' <(hostdevctl plan win10)
check 'a VM that is left to the admin starts' start win10
check 'and really owns the drive' holds "$(qemu_of win10)" "$drive0"
said=$(hostdevctl attach "$drive0" 2>&1) || true
same 'the drive cannot be attached, though no journal tells who has it' '1 vfio-pci' \
    "$(grep -c "is in use by VM win10" <<< "$said") $(driver_of "$drive0")"
check 'that VM is destroyed' destroy win10
same 'the drive is still detached' vfio-pci "$(driver_of "$drive0")"
rm /etc/hostdevctl/domains/win10.conf
virsh --quiet undefine win10
define win10 "$(hostdev "$drive0" yes)"
check 'a VM whose devices are managed starts with it' start win10
check 'it is destroyed' destroy win10
same 'the drive is detached even then' vfio-pci "$(driver_of "$drive0")"
check 'it is attached' hostdevctl attach "$drive0"
same 'all is exactly as before' "$before" "$(snapshot)"

disk=/dev/$(disk_of "$drive1")
mkfs.ext4 -q "$disk"
mkdir -p /mnt/drive
mount "$disk" /mnt/drive
said=$(hostdevctl detach "$drive1" 2>&1) || true
same 'a drive that is mounted is not detached' '1 nvme' \
    "$(grep -c 'is mounted at /mnt/drive. Free it first' <<< "$said") $(driver_of "$drive1")"
umount /mnt/drive
check 'when it is not it is' hostdevctl detach "$drive1"
check 'and attached again' hostdevctl attach "$drive1"
same 'as before' "$before" "$(snapshot)"

virsh dumpxml --inactive win10 > "$scratch/dumped.xml"
systemctl --quiet stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service
said=$(hostdevctl plan win10 2>&1) || true
same 'without a daemon plan says so' 1 "$(grep -c '^hostdevctl: libvirt cannot be asked' <<< "$said")"
check 'but plans from a file' hostdevctl plan --xml "$scratch/dumped.xml"
systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service
