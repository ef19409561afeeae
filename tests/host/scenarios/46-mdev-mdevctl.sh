#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whoever has defined an mdev with mdevctl needs no file of ours.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

plug_gpu
cat > "$scratch/definition" << 'JSON'
{ "mdev_type": "i915-GVTg_V5_8", "start": "manual",
  "attrs": [ { "weight": "7" }, { "vgpu/params": "fast=1" }, { "weight": "5" } ] }
JSON
check 'mdevctl defines an mdev' \
    mdevctl define --uuid "$uuid" --parent "$gvt" --jsonfile "$scratch/definition"
define win10 "$(mdev_xml "$uuid")"
check 'a VM that wants it starts' start win10
same 'the mdev is what was defined' i915-GVTg_V5_8 "$(mdev_type "$uuid")"
same 'its attributes were written in order' 'weight=7 vgpu/params=fast=1 weight=5' \
    "$(xargs < "$mdev/$uuid/vgpu/written")"
check 'the VM really owns it' holds "$(qemu_of win10)" "$uuid"
check 'the VM is destroyed' destroy win10
same 'the mdev is gone' '' "$(mdevs)"
check 'its definition is not' test -e "/etc/mdevctl.d/$gvt/$uuid"
