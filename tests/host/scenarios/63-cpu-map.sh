#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# CPUs named one by one, how threads are scheduled, and how soon CPUs wake up.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

# Each kind of thread once: its policy (0 is normal, 1 is FIFO), priority, nice value.
scheduled() {
    local file line
    local -a word
    for file in "/proc/$(qemu_of win10)"/task/*/stat; do
        line=$(< "$file")
        [[ $line =~ \((.*)\)\ (.*) ]]
        read -r -a word <<< "${BASH_REMATCH[2]}"
        echo "${BASH_REMATCH[1]}: policy ${word[38]} priority ${word[37]} nice ${word[16]}"
    done | sed 's/^\(call_rcu\|qemu-system-x86\|worker\|IO mon_iothread\):/emulator:/' | sort -u
}

latencies() {
    cat /sys/devices/system/cpu/cpu[0-7]/power/pm_qos_resume_latency_us | xargs
}

smp 2 '<iothreads>1</iothreads>'
define win10
configure_cpus win10 'pin = 0=2 1=3,6 emulator=0-1 iothread1=7' 'sched.vcpu = fifo:1' \
    'sched.iothread = nice:-5' 'sched.emulator = nice:3' 'pm-qos = 20' 'governor = performance'
check 'a VM with a map starts' start win10
same 'its threads run where the map says' $'CPU 0 2\nCPU 1 3,6\nIO iothread1 7\nemulator 0-1' "$(threads_of win10)"
same 'and are scheduled as wanted' 'CPU 0/TCG: policy 1 priority 1 nice 0
CPU 1/TCG: policy 1 priority 1 nice 0
IO iothread1: policy 0 priority 0 nice -5
emulator: policy 0 priority 0 nice 3' "$(scheduled)"
same 'the host keeps all CPUs' 'all' "$(allowed system.slice | sed 's/ .*//')"
same 'the CPUs of the vCPUs wake up soon' '0 0 20 20 0 0 20 0' "$(latencies)"
check 'it is destroyed' destroy win10
same 'any CPU may sleep as before' '0 0 0 0 0 0 0 0' "$(latencies)"
