#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Start and stop, again and again, and nothing adds up. A start and a destroy through libvirt take 5 s
# here: three rounds go through it, and fifty more straight through the hook, without a QEMU.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

plug_gpu
configure_mdev win10
define win10 "$(mdev_xml "$uuid")"
wrong=''
for round in 1 2 3; do
    { start win10 && mdev_exists "$uuid" && destroy win10 && [ -z "$(mdevs)" ]; } > "$scratch/round" 2>&1 ||
        wrong+="round $round: $(cat "$scratch/round")"$'\n'
done
same 'in three rounds through libvirt the mdev comes and goes' '' "$wrong"

check 'a round straight through the hook begins' prepare win10 "$(mdev_xml "$uuid")"
check 'and ends' release win10
wrong=''
for round in {2..50}; do
    { call_hook win10 prepare begin && [ -e "$mdev/$uuid/mdev_type" ] &&
        release win10 && ! [ -e "$pci/$gvt/$uuid" ]; } > "$scratch/round" 2>&1 ||
        wrong+="round $round: $(cat "$scratch/round")"$'\n'
done
same 'in fifty such rounds the mdev comes and goes as well' '' "$wrong"
same 'every instance is free in the end' 8 "$(available V5_8)"
check 'no process is left' no_hook_runs
