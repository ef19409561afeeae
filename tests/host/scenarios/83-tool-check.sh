#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl check on a real host: all well first, then each fault is a line of its own.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

# The points that are in that state, but for two that are about this emulated host: it may have no KVM,
# and no UEFI for VMs.
points() {
    hostdevctl check | awk -v state="$1" '{ name = substr($0, 1, 18); sub(/ +$/, "", name) }
        substr($0, 19) ~ "^" state " " && name != "virtualization" && name != "UEFI for VMs" { print name }' | xargs
}

# finds SENTENCE POINT WORD...: that fails, and only that, and the line has all words.
finds() {
    local sentence=$1 point=$2 status=0
    shift 2
    said=$(hostdevctl check) || status=$?
    same "$sentence: that point fails, and no other" "1 $point -" "$status $(points FAIL) $(points WARN | grep . || echo -)"
    check "$sentence: it is said what to do" says "$(grep "^$point " <<< "$said")" "$@"
}

is_ready() {
    local status=0
    said=$(hostdevctl check) || status=$?
    same "$1" '0 -  -' "$status $(points FAIL | grep . || echo -)  $(points WARN | grep . || echo -)"
}

is_ready 'a host on which VMs start is ready'
echo "$said" | diagnose
check 'its IOMMU is on' says "$said" 'it is on: '
check 'an ordinary user is told nothing else' setpriv --reuid nobody --regid nogroup --clear-groups hostdevctl check

# It ends by itself some time after the last who asked for something.
virsh --quiet list > /dev/null
program=$(readlink -f "$hook")
chmod 644 "$program"
finds 'a hook that is not executable' hook "chmod 755 $program"
chmod 755 "$program"

ln -sfn "$program" "$hook"
same 'a hook that came after libvirtd may not be known' 'libvirt daemon' "$(points WARN)"
systemctl reload libvirtd
is_ready 'it is after a reload'

modprobe -r vfio-pci
module=$(modinfo -n vfio-pci)
mv "$module" "$scratch/"
finds 'a module that is missing' 'VFIO modules' "$module is not there"
mv "$scratch/${module##*/}" "$module"

configure win10 '[devices]'
chown nobody /etc/hostdevctl/domains/win10.conf
finds 'a file that does not belong to root' ownership 'chown root /etc/hostdevctl/domains/win10.conf'
chown root /etc/hostdevctl/domains/win10.conf
configure win10 '[devices]' 'detach = everything'
finds 'a mistake in a file' configuration 'win10.conf:2: ' 'hostdevctl conf check'
same 'which has the same to say' '/etc/hostdevctl/domains/win10.conf:2: detach = everything: expected all | unmanaged | none' \
    "$(hostdevctl conf check | grep -F :2:)"
rm /etc/hostdevctl/domains/win10.conf

domain_xml win10 "$(hostdev "$drive1" yes)" |
    sed 's|<name>|<uuid>aaaaaaaa-0000-4000-8000-000000000001</uuid><name>|' > "$scratch/win10.xml"
bash -c '"$0" win10 prepare begin - < "$1"; exit $?' "$hook" "$scratch/win10.xml"
finds 'the journal of a VM that nobody answers for any more' leftovers 'VM win10' 'hostdevctl recover'
check 'that is what helps' hostdevctl recover
check 'and the host has its drive again' has_driver "$drive1" nvme

reserve "[device $drive1]" 'id = 1b36:0010'
# As if it had been made anew.
touch "/boot/initrd.img-$(uname -r)"
finds 'a device that is reserved, and which the host has' 'reserved devices' "$drive1" nvme 'hostdevctl early update'
unreserve

define win10 "$(hostdev "$drive1" yes)"
status=0
said=$(hostdevctl check win10) || status=$?
same 'a VM that libvirt knows and that would start' 0 $status
check 'is told so, and that nothing is wrong with its XML' says "$said" 'it would start' \
    'the devices are behind PCI Express ports' 'All 2 points are in order'
configure win10 '[devices]'
configure "$(virsh domuuid win10 | xargs)" '[devices]'
configure win11 '[devices]'
mkdir /etc/hostdevctl/domains/win11.conf.d
unknown='warning: libvirt knows no VM of this name or UUID (virsh list --all --uuid --name)'
same 'files of a VM that libvirt does not know are told, and no others; that is no mistake' \
    "0 /etc/hostdevctl/domains/win11.conf: $unknown
/etc/hostdevctl/domains/win11.conf.d: $unknown" "$(said=$(hostdevctl conf check); echo "$? $(grep -F "$unknown" <<< "$said")")"
systemctl --quiet stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service
same 'where libvirt cannot be asked nothing is said of that' 0 "$(hostdevctl conf check | grep -cF "$unknown")"
systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service
rm -r /etc/hostdevctl/domains/*
mount_drive() {
    mke2fs -q "/dev/$(disk_of "$drive1")" && mkdir -p "$scratch/used" && mount "/dev/$(disk_of "$drive1")" "$scratch/used"
}
check 'the host uses its drive' mount_drive
status=0
said=$(hostdevctl check win10) || status=$?
same 'then it would not start' 1 $status
check 'and it is said why' says "$(grep '^start ' <<< "$said")" FAIL "$drive1" "$scratch/used"
umount "$scratch/used"
virsh --quiet undefine win10
said=$(hostdevctl check win10 2>&1) || status=$?
check 'a VM that nobody knows is none' says "$said" win10

is_ready 'in the end all is as in the beginning'
