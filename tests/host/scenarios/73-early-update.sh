#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The admin reserves a drive and has the initramfs made anew by the distribution's own tool: all that the
# next boot needs is in it. (Booting such an initramfs is what boots.sh is about.)
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

initrd=/boot/initrd.img-$(uname -r)
cp "$initrd" "$scratch/initrd"
name=$(hostdevctl list --json "$drive1" | sed -n 's/^ *"name": *"\(.*\)",$/\1/p')
next='This takes effect at the next boot, after: hostdevctl early update'
same 'the admin reserves a drive' "/etc/hostdevctl/early.d/$drive1.conf, [device $drive1]:
  $drive1 ($name)
$next" "$(hostdevctl early add "$drive1" 2>&1)"
same 'it is in the list' "DEVICE NAME ID NOW NEXT BOOT RULE
$drive1 $name 1b36:0010 nvme reserved [device $drive1] in $drive1.conf" "$(hostdevctl early list | tr -s ' ')"
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

same 'the admin gives it back' "[device $drive1] was taken out of /etc/hostdevctl/early.d/$drive1.conf
$next" "$(hostdevctl early remove "$drive1" 2>&1)"
check 'no file is left' test ! -e "/etc/hostdevctl/early.d/$drive1.conf"

# What driverctl would have done.
mkdir -p /etc/driverctl.d
echo vfio-pci > "/etc/driverctl.d/$drive1"
same 'what another tool was told is imported' "/etc/hostdevctl/early.d/$drive1.conf, [device $drive1]:
  $drive1 ($name)

What is not needed any more, and should be taken away:
  the file /etc/driverctl.d/$drive1

$next" "$(hostdevctl early import 2>&1)"
check 'and can be given back as well' hostdevctl early remove "$drive1"
rm -r /etc/driverctl.d
cp "$scratch/initrd" "$initrd"
