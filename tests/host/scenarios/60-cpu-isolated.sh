#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A VM gets CPUs of its own, and the host's tasks, interrupts and own work stay away from them.
. "$(dirname "$0")/../lib.sh"

# Tasks of the host, one of which has been told where to run; and more to do than CPUs to do it.
bash -c 'while true; do :; done' &
wanderer=$!
taskset --cpu-list 2-7 bash -c 'while true; do :; done' &
chosen=$!
trap 'kill $wanderer $chosen' EXIT

before=$(cpu_snapshot)
smp 4
define win10
configure_cpus win10 'pin = auto' 'isolate = yes' 'irq = move'
check 'a VM with CPUs of its own starts' start win10
same 'its vCPUs are on the cores of one NUMA node, siblings on siblings, the rest of QEMU elsewhere' \
    'CPU 0 4
CPU 1 5
CPU 2 6
CPU 3 7
emulator 0-3' "$(threads_of win10)"
same 'the host keeps to the other CPUs, the VMs may use all' \
    'init.scope 0-3 0-3
system.slice 0-3 0-3
user.slice 0-3 0-3
machine.slice all 0-7' "$(all_allowed)"
same 'a busy task of the host is not seen there' '' "$(seen_on $wanderer 3 | tr ' ' '\n' | grep '[4-7]')"
same 'nor one that was told where to run' '2-3' "$(cpus_of $chosen)"
same 'new interrupts go elsewhere' 0f "$(< /proc/irq/default_smp_affinity)"
same 'so does the one of the disk controller' 0-3 "$(irq_cpus 'ahci.*')"
same 'and the work that the kernel does wherever it likes' 0f "$(< /sys/devices/virtual/workqueue/cpumask)"
check 'the VM is destroyed' destroy win10
same 'all of it is as it was' "$before" "$(cpu_snapshot)"
same 'so is the task that was told where to run' 2-7 "$(cpus_of $chosen)"
same 'and the one that was not' 0-7 "$(cpus_of $wanderer)"
