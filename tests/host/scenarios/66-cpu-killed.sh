#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# QEMU or libvirtd dies: the VM's CPUs and huge pages come back, but not while it lives.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

is_as_before() {
    [ "$(cpu_snapshot)" = "$before" ] && [ -z "$(find /run/hostdevctl -type f)" ]
}

host_has() {
    [ "$(allowed system.slice 2>&1)" = "$1" ]
}

before=$(cpu_snapshot)
smp 2
memory="<memory unit='MiB'>64</memory><memoryBacking><hugepages/></memoryBacking>"
define win10
configure win10 '[cpu]' 'pin = auto' 'isolate = yes' 'irq = move' 'pm-qos = 20' '[memory]' 'hugepages = reserve'
check 'a VM starts' start win10
kill -9 "$(qemu_of win10)"
check 'libvirt notices that QEMU is dead' wait_for is_off win10
check 'all comes back by itself' wait_for is_as_before

check 'the VM starts again' start win10
during=$(cpu_snapshot)
threads=$(threads_of win10)
kill -9 "$(libvirtd_pid)"
check 'libvirtd comes back' wait_for is_running win10
same 'nothing has changed for the VM' "$threads" "$(threads_of win10)"
same 'nor for the host' "$during" "$(cpu_snapshot)"
check 'the VM is destroyed' destroy win10
check 'all is as before' is_as_before

check 'the VM starts once more' start win10
qemu=$(qemu_of win10)
systemctl --quiet stop libvirtd.service
kill -9 "$qemu"
wait_for is_gone "$qemu"
systemctl start libvirtd.service
check 'QEMU died without libvirtd: all comes back when that does' wait_for is_as_before

# Whoever wants to write interrupts' CPUs has to wait.
mkdir -p /run/hostdevctl
exec 9> /run/hostdevctl/.irqs
flock 9
configure win10 '[devices]' 'timeout = 90' '[cpu]' 'pin = auto' 'isolate = yes' 'irq = move'
start win10 > "$scratch/start" 9>&- &
check 'libvirtd dies while its hook has isolated CPUs, and is to do more' wait_for host_has '0-3,6-7 0-3,6-7'
kill -9 "$(libvirtd_pid)"
exec 9>&-
check 'the hook ends' wait_for no_hook_runs
same 'all is as before' "$before" "$(cpu_snapshot)"
