#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# GVT-g is there but not turned on, as by default.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

plug_gpu_with enable_gvt=0
configure_mdev win10
before=$(snapshot)
check 'without GVT-g the VM is refused' fails prepare win10 "$(mdev_xml "$uuid")"
check 'the message says how to turn it on' says "$said" 'hostdevctl: ' "$uuid" "$gvt" i915.enable_gvt=1
same 'nothing on the host has changed' "$before" "$(snapshot)"
modprobe kvmgt
check 'with kvmgt loaded it is the same' fails prepare win10 "$(mdev_xml "$uuid")"
check 'with the same message' says "$said" 'hostdevctl: ' i915.enable_gvt=1
