#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# QEMU and libvirtd are killed, and nobody calls release: the tool shows what they have left, and gives
# all of it back.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

before=$(snapshot)
leftovers() {
    hostdevctl status | sed -n 's/^win10  *\([a-z]*\)  *\([^ ]*\) .*/\1 \2/p' | sort -u | xargs
}

smp 2
memory="<memory unit='MiB'>64</memory><memoryBacking><hugepages/></memoryBacking>"
define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" no)"
configure win10 '[devices]' 'timeout = 60' '[cpu]' 'pin = auto' 'isolate = yes' 'irq = move' 'pm-qos = 20' '[memory]' 'hugepages = reserve'
check 'a VM starts' start win10
qemu=$(qemu_of win10)
same 'what it holds is shown' \
    'runs device runs interrupts runs isolated runs memory runs vCPUs runs wake-up' "$(leftovers)"
same 'while it runs nothing is taken from it' '0 VM win10 runs: left alone.' "$(said=$(hostdevctl recover 2>&1); echo "$? $said")"
check 'it still has its drives' holds "$qemu" "$drive0"

kill -9 "$(libvirtd_pid)"
systemctl --quiet stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service
kill -9 "$qemu"
wait_for is_gone "$qemu"
same 'the drives are left behind' 'vfio-pci vfio-pci' "$(driver_of "$drive0") $(driver_of "$drive1")"
same 'so is the rest, and that is shown' \
    'gone device gone interrupts gone isolated gone memory gone vCPUs gone wake-up' "$(leftovers)"
check 'with what to do' grep -q "VM win10 is gone, and nobody has given back what it had: 'hostdevctl recover' does." <(hostdevctl status)
said=$(hostdevctl recover win10 2>&1)
same 'recover does' 0 $?
same 'and tells of both drives' 2 "$(grep -c '^  done    giving .* back to nvme$' <<< "$said")"
same 'all that was done is undone' '' "$(grep -v '^  done ' <<< "$said" | grep -v '^VM win10 is gone; giving back what it had:$')"
same 'the host is as before' "$before" "$(snapshot)"
same 'then nothing is left' '0 No VM has left anything: there is nothing to recover.' "$(said=$(hostdevctl recover 2>&1); echo "$? $said")"

systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service
check 'libvirtd knows that the VM is off' wait_for is_off win10
check 'the VM starts again' start win10
check 'with its drive' holds "$(qemu_of win10)" "$drive0"
check 'and is destroyed' destroy win10
same 'the host is as before once more' "$before" "$(snapshot)"
