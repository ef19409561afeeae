#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The driver does not come back from creating the mdev. Nobody can be killed out of that.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

plug_gpu
configure_mdev win10
printf '[devices]\ntimeout = 4\n' >> /etc/hostdevctl/domains/win10.conf
define win10 "$(mdev_xml "$uuid")"
misbehaves stall_create -1
start win10 > "$scratch/start" &
starting=$!
check 'the kernel is about to create the mdev' wait_for mdev_exists "$uuid"
check 'libvirtd answers, after the timeout at the latest' takes_at_most 10 virsh list --all
refused=0
wait $starting || refused=$?
same 'the VM does not start' 1 "$refused"
check 'the message names UUID and parent' says "$(cat "$scratch/start")" 'hostdevctl: ' "$uuid" "$gvt"
check 'a second try ends in time, too' takes_at_most 10 is_refused win10
check 'and its message names the UUID' says "$said" 'hostdevctl: ' "$uuid"
check 'libvirtd is well' timeout 10 virsh domstate win10

misbehaves stall_create 0
check 'when the driver is back, the VM starts' start win10
same 'with one mdev, the right one' "$uuid i915-GVTg_V5_4" "$(mdevs) $(mdev_type "$uuid")"
check 'the VM really owns it' holds "$(qemu_of win10)" "$uuid"
check 'the VM is destroyed' destroy win10
same 'the mdev is gone' '' "$(mdevs)"
same 'every instance is free again' 8 "$(available V5_8)"
check 'no process is left' wait_for no_hook_runs
