#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The admin reserves a drive and has the initramfs made anew by the distribution's own tool: all that the
# next boot needs is in it. (Booting such an initramfs is what boots.sh is about.)
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

initrd=/boot/initrd.img-$(uname -r)
cp "$initrd" "$scratch/initrd"
check 'the admin reserves a drive' hostdevctl early add "$drive1"
check 'the file says so' grep -qx "\[device $drive1\]" "/etc/hostdevctl/early.d/$drive1.conf"
status=0
said=$(hostdevctl early update 2>&1) || status=$?
same 'the initramfs is made anew' 0 $status
check 'what the next boot will do is listed' says "$said" "$drive1" nvme reserved 'update-initramfs -u -k all'
check 'udev has the rule for late arrivals' grep -q "KERNEL==\"$drive1\"" /run/udev/rules.d/61-hostdevctl.rules
same 'the drive itself is not touched' "nvme (null)" "$(driver_of "$drive1") $(override_of "$drive1")"

mkdir "$scratch/tree"
unmkinitramfs "$initrd" "$scratch/tree"
main=$scratch/tree
[ ! -d "$scratch/tree/main" ] || main=$scratch/tree/main
check 'the early binder is in the initramfs' test -f "$main/usr/lib/udev/hostdevctl-early"
check 'with the file' cmp "/etc/hostdevctl/early.d/$drive1.conf" "$main/etc/hostdevctl/early.d/$drive1.conf"
check 'with what the host needs for its root file system' grep -q 'for = the root file system' "$main/etc/hostdevctl/host-devices"
check 'with vfio-pci' sh -c "find '$main' -name 'vfio-pci.ko*' | grep -q ."
same 'and before udev' 'hostdevctl udev' \
    "$(grep -oE 'init-top/(hostdevctl|udev)' "$main/scripts/init-top/ORDER" | cut -d / -f 2 | xargs)"
check 'all in all less than 200 KiB' test "$(stat -c %s "$main/usr/lib/udev/hostdevctl-early")" -lt 204800

check 'the admin gives it back' hostdevctl early remove "$drive1"
check 'no file is left' test ! -e "/etc/hostdevctl/early.d/$drive1.conf"
cp "$scratch/initrd" "$initrd"
