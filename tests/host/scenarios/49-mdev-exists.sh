#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An mdev that somebody else has created: it is used, and not removed.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

plug_gpu
modprobe kvmgt
create_by_hand "$uuid" V5_4
configure_mdev win10 "$uuid" V5_4
define win10 "$(mdev_xml "$uuid")"
check 'a VM whose mdev is there already starts' start win10
check 'the VM really owns it' holds "$(qemu_of win10)" "$uuid"
check 'the VM is destroyed' destroy win10
same 'the mdev is still there' "$uuid i915-GVTg_V5_4" "$(mdevs) $(mdev_type "$uuid")"

rm /etc/hostdevctl/domains/win10.conf
check 'without any configuration it is used as well' prepare win10 "$(mdev_xml "$uuid")"
check 'and given back' release win10
same 'it is still there' "$uuid" "$(mdevs)"

configure_mdev win10 "$uuid" V5_8
check 'a VM that wants another type is refused' is_refused win10
check 'the message names the UUID and both types' \
    says "$said" 'hostdevctl: ' "$uuid" i915-GVTg_V5_8 i915-GVTg_V5_4
same 'the mdev is as it was' "$uuid i915-GVTg_V5_4" "$(mdevs) $(mdev_type "$uuid")"
remove_by_hand "$uuid"
