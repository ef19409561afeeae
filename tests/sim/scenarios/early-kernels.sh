#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the kernel has built in, or is told by its boot loader, makes no difference to what is reserved,
# but for the way back in.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine builtin vfs no-vfio no-iommu many:64

early=/usr/lib/udev/hostdevctl-early

case $MACHINE in
builtin)
    # Both nvme and vfio-pci are part of the kernel.
    device=$(state | awk '$2 == "nvme" { print $1; exit }')
    conf early.d/nvme.conf <<<"[device $device]"
    check 'with vfio-pci built in a pass succeeds' "$early"
    same 'and takes an idle device from a driver that is built in' vfio-pci "$(driver_of "$device")"
    same 'without a module to load' '' "$(journal | grep '^load')"
    ;;
vfs)
    # Its kernel line has hostdevctl.early=off.
    conf early.d/nic.conf <<<'[device 0000:04:00.0]'
    check 'with hostdevctl.early=off a pass succeeds' "$early"
    same 'reserves nothing' mlx5_core "$(driver_of 0000:04:00.0)"
    same 'and says why' \
        '<29>hostdevctl: the kernel line says hostdevctl.early=off: nothing is reserved for VMs' "$(kmsg)"
    check 'nor is a late arrival' "$early" 0000:04:00.0
    same 'reserved, whatever rules there are' mlx5_core "$(driver_of 0000:04:00.0)"
    ;;
no-vfio)
    conf early.d/nvme.conf <<<'[device 0000:01:00.0]'
    check_fails 'a kernel without vfio-pci is an error' "$early"
    contains 'that is told' \
        'module vfio_pci cannot be loaded: either this kernel (or this initramfs) has none, or the kernel log tells more. Until then' \
        "$(kmsg)"
    same 'and a device that has a driver keeps it' 'nvme (null)' \
        "$(driver_of 0000:01:00.0) $(override_of 0000:01:00.0)"
    write 0000:01:00.0 "$PCI/drivers/nvme/unbind"
    check_fails 'it is an error as well for a device without a driver' "$early"
    same 'which is kept from the host all the same' vfio-pci "$(override_of 0000:01:00.0)"
    ;;
no-iommu)
    device=$(state | awk '$2 == "nvme" { print $1; exit }')
    conf early.d/nvme.conf <<<"[device $device]"
    check_fails 'without an IOMMU a device that the host has' "$early"
    same 'stays with it, override and all' 'nvme (null)' "$(driver_of "$device") $(override_of "$device")"
    contains 'and the log tells what to do' \
        'it is in no IOMMU group, so no VM can have it: turn on VT-d or AMD-Vi' "$(kmsg)"
    ;;
many:64)
    conf early.d/all.conf <<<'[id 144d:a80a]'
    control 'unload nvme' clear-log
    check 'all 64 devices of an id are reserved in one pass' "$early"
    same 'every one' 64 "$(state | grep -c ' vfio-pci vfio-pci ')"
    same 'all overrides stand before the module is loaded' 64 \
        "$(journal | sed '/^load vfio_pci/q' | grep -c 'driver_override "vfio-pci"')"
    ;;
esac
plan_done
