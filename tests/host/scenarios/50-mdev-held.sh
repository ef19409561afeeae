#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A process that outlives the VM still has the mdev: removing it would wait for ever, or with the real
# kvmgt lose the instance. The hook is called as libvirt would, for libvirt makes sure that QEMU is
# dead.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

plug_gpu
configure_mdev win10
printf '[devices]\ntimeout = 3\n' >> /etc/hostdevctl/domains/win10.conf
check 'the mdev is created' prepare win10 "$(mdev_xml "$uuid")"
sleep 600 9<> "/dev/vfio/$(group_of "$uuid")" &
holder=$!
wait_for holds $holder "$uuid"
check 'an mdev that a process holds is not removed' fails release win10
same 'it is still there' "$uuid i915-GVTg_V5_4" "$(mdevs) $(mdev_type "$uuid")"
check 'the message names the mdev and the process' says "$said" "$uuid" "process $holder (sleep)"
kill $holder
wait $holder || true
check 'when the process is gone, it is removed' release win10
same 'nothing is left of it' '' "$(mdevs)"
same 'every instance is free again' 8 "$(available V5_8)"
