#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What hostdevctl early takes from how the host was booted: the kernel line, and a vfio-pci that is
# part of the kernel.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

if [ ! -e /sim/machine ]; then
    booted=$(mktemp)
    trap 'rm -f "$booted"' EXIT
    line='root=/dev/disk/by-path/pci-0000:05:00.0-nvme-1-part2 vfio-pci.ids=144d:a80a,8086:a36d:1043 quiet vfio_pci.ids=10de:1e87 hostdevctl.early=off'
    {
        echo "kernel 6.12.0 cmdline=\"$line\""
        sed '/^module vfio/s/available/builtin/' "$SIM/machines/twins.machine"
    } >"$booted"
fi
machine "${booted:-}"

directory=/etc/hostdevctl/early.d
check 'nothing on the machine has a name' hwdb FFFF=Nobody
off='hostdevctl: warning: the kernel line has hostdevctl.early=off: as long as it does, nothing is reserved'
needed='the host itself needs it for root=/dev/disk/by-path/pci-0000:05:00.0-nvme-1-part2 on the kernel line'

said=$(hostdevctl early list 2>&1)
same 'the list says that all is turned off' \
    "No device is reserved for VMs from boot on: 'hostdevctl early add 0000:05:00.0' reserves one (lspci -D lists them).
$off" "$said"
said=$(hostdevctl early add 05:00.0 2>&1)
same 'what the kernel line says the root file system is on is not reserved' \
    "1 hostdevctl: 0000:05:00.0 (144d:a80a) cannot be reserved: $needed" "$? $said"

said=$(hostdevctl early import 2>&1)
same 'ids on the kernel line become files, but for what the host needs' \
    "0 $directory/0000:06:00.0.conf, [id 144d:a80a]:
  0000:06:00.0 (144d:a80a)
  0000:07:00.0 (144d:a80a)
hostdevctl: warning: 0000:06:00.0 is not the only 144d:a80a: 0000:07:00.0 will be reserved as well. To have only some of them reserved, remove $directory/0000:06:00.0.conf, and then: hostdevctl early add DEVICE...
hostdevctl: warning: 0000:05:00.0 (144d:a80a) is left to the host: $needed
$directory/0000:00:14.0.conf, [device 0000:00:14.0]:
  0000:00:14.0 (8086:a36d)
$directory/0000:02:00.0.conf, [id 10de:1e87]:
  0000:02:00.0 (10de:1e87)
hostdevctl: warning: 0000:01:00.0 (10de:1e87) is left to the host: it is the display that the host boots with: say boot-display = yes if the host can do without a picture
hostdevctl: warning: 0000:02:00.0 shares its IOMMU group with 0000:02:00.1, and a VM can have it only with all of the group: reserve the rest too (--with iommu-group)

What is not needed any more, and should be taken away:
  vfio-pci.ids=144d:a80a,8086:a36d:1043, from the kernel line: where the boot loader has it (GRUB: /etc/default/grub, then update-grub)
  vfio_pci.ids=10de:1e87, from the kernel line: where the boot loader has it (GRUB: /etc/default/grub, then update-grub)

This takes effect at the next boot, after: hostdevctl early update" "$? $said"
contains 'what cannot be said by an id alone is named by its address' \
    $'\n[device 0000:00:14.0]\nid = 8086:a36d' "$(cat "$directory/0000:00:14.0.conf")"

rm "$directory"/*
hostdevctl early add 00:14.0 >/dev/null 2>&1
mkdir -p /usr/lib/booster
printf '#!/bin/sh\n' >/usr/lib/booster/regenerate_images
chmod 755 /usr/lib/booster/regenerate_images
echo 'modules_force_load: vfio_pci' >/etc/booster.yaml
said=$(hostdevctl early update 2>&1)
same 'a vfio-pci that is part of the kernel gets nothing from booster' \
    '1 hostdevctl: vfio-pci is part of this kernel, and booster cannot tell it anything: boot with vfio-pci.ids=8086:a36d on the kernel line first' \
    "$? $(tail -n 1 <<<"$said")"
rm "$directory"/*
hostdevctl early add 01:00.0 02:00.0 --boot-display >/dev/null 2>&1
check 'but from the kernel line' hostdevctl early update

plan_done
