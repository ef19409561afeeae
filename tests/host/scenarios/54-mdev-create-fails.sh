#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The driver refuses to create the mdev.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

plug_gpu
configure_mdev win10
misbehaves fail_create 5
before=$(snapshot)
check 'an mdev that cannot be created stops the VM' fails prepare win10 "$(mdev_xml "$uuid")"
check 'the message names UUID, type, parent and what the kernel said' \
    says "$said" 'hostdevctl: ' "$uuid" i915-GVTg_V5_4 "$gvt" 'Input/output error'
# libvirt calls it after every prepare that fails.
release win10 > /dev/null || true
same 'nothing on the host has changed' "$before" "$(snapshot)"
misbehaves fail_create 0
check 'when the driver is well, it is created' prepare win10 "$(mdev_xml "$uuid")"
check 'and removed' release win10
same 'every instance is free' 8 "$(available V5_8)"
