#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two VMs, and instances for one of them.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

other=11111111-2222-4333-8444-555555555555
plug_gpu
configure_mdev first "$uuid" V5_1
configure_mdev second $other V5_2
define first "$(mdev_xml "$uuid")"
define second "$(mdev_xml $other)"
check 'the first VM starts' start first
same 'no instance is left' 0 "$(available V5_2)"
check 'a second VM is refused' is_refused second
check 'the message names parent, type, the UUID that has the last instance, and its VM' \
    says "$said" 'hostdevctl: ' "$gvt" i915-GVTg_V5_2 "$uuid" first
same 'there is no mdev but that of the first VM' "$uuid" "$(mdevs)"
check 'the first VM still owns it' holds "$(qemu_of first)" "$uuid"
check 'the first VM is destroyed' destroy first
check 'now the second one starts' start second
same 'and its mdev is the only one' $other "$(mdevs)"
check 'the second VM is destroyed' destroy second
