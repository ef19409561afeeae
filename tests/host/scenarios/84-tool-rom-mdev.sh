#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl rom reads what a real kernel gives out of a network card's ROM, and leaves the file as it was;
# hostdevctl mdev types tells what a graphics card offers, and who has it.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

rom=$pci/$nic1/rom
check 'the ROM of a network card is read, and saved' hostdevctl rom --save "$scratch/nic.rom" "$nic1"
said=$(hostdevctl rom "$nic1")
check 'it has an image for BIOS, and one for UEFI, both for this card' \
    grep -Ezq ' BIOS +8086:10d3 .* yes.* UEFI on x86-64.* 8086:10d3 .* yes' <<< "$said"
check 'which a UEFI guest can use' says "$said" "A UEFI guest's firmware can use the device with it"
check 'the file in /sys is switched off again' fails cat "$rom"
echo 1 > "$rom"
check 'what was saved is what is there' cmp "$scratch/nic.rom" "$rom"
check 'what somebody else has switched on is read' hostdevctl rom "$nic1"
check 'and stays switched on' cat "$rom"
echo 0 > "$rom"
check 'what is there is not written over' fails hostdevctl rom --save "$scratch/nic.rom" "$nic1"
same 'its driver has it still' e1000e "$(driver_of "$nic1")"

interface=$(ls "$pci/$nic1/net")
ip link set "$interface" up
ip address add 192.0.2.1/24 dev "$interface"
said=$(hostdevctl rom "$nic1" 2>&1) || true
check 'while the host uses it, it is not read' says "$said" 'is in use by the host' "$interface" '--in-use'
ip address flush dev "$interface"
ip link set "$interface" down

define win10 "$(hostdev "$nic1" yes)"
check 'a VM gets the card' start win10
said=$(hostdevctl rom --in-use "$nic1" 2>&1) || true
check 'then it is not read, whatever is said' says "$said" 'is in use by VM win10'
check 'the VM ends' destroy win10
virsh --quiet undefine win10

said=$(hostdevctl mdev types)
check 'without a driver that offers mediated devices, it is said why there are none' \
    says "$said" 'No device of this host offers mediated devices: '
plug_gpu
modprobe kvmgt
configure_mdev win10 "$uuid" V5_4
define win10 "$(mdev_xml "$uuid")"
check 'a VM with a vGPU starts' start win10
said=$(hostdevctl mdev types "$gvt")
check 'the types are listed, with the VM that has one' \
    grep -Eq "^$gvt  i915-GVTg_V5_4 .* $uuid \(VM win10\)" <<< "$said"
same 'and as many are free as the kernel says' "$(available V5_8)" \
    "$(awk '$2 == "i915-GVTg_V5_8" { for (i = 3; i < NF; i++) if ($i ~ /^[0-9]+$/) { print $i; exit } }' <<< "$said")"
check 'the VM ends, too' destroy win10
