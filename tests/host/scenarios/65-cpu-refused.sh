#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a VM cannot have: it is told so in one sentence, and nothing has changed.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

# refused WHY WORD...: the VM is refused for that, the message has the words, nothing is different.
refused() {
    local why=$1
    shift
    check "$why: refused" is_refused win10
    check 'the message says so' says "$said" 'hostdevctl: ' "$@"
    diagnose <<< "$said"
    same 'nothing has changed' "$before" "$(cpu_snapshot)"
}

before=$(cpu_snapshot)
smp 2
define win10
configure_cpus win10 'pin = 0=8 1=9' 'isolate = yes'
refused 'a CPU that does not exist' 'CPU 8' 0-7 win10.conf
configure_cpus win10 'pin = 0=2 1=3 2=4'
refused 'a vCPU that does not exist' 'vCPU 2' win10.conf
configure_cpus win10 'pin = 0=2-'
refused 'no list of CPUs' 'pin = 0=2-' win10.conf
configure_cpus win10 'pin = 0=0-3 1=4-7' 'isolate = yes'
refused 'all CPUs' 'without a whole core'
configure_cpus win10 'pin = 0=0,2,4 1=6' 'isolate = yes'
refused 'a thread of every core' 'without a whole core'
virsh --quiet undefine win10
smp 8
define win10
configure_cpus win10 'pin = auto' 'isolate = yes'
refused 'as many vCPUs as there are CPUs' 'without a whole core'
virsh --quiet undefine win10
smp 16
define win10
refused 'more vCPUs than there are CPUs' 16

virsh --quiet undefine win10
smp 2
define other
configure_cpus other 'pin = auto' 'isolate = yes'
check 'another VM starts' start other
before=$(cpu_snapshot)
threads=$(threads_of other)
define win10
configure_cpus win10 'pin = 0=5 1=6' 'isolate = yes'
refused 'a CPU of another VM' 'CPU 5' 'VM other'
configure_cpus win10 'pin = 0=5 1=6'
refused 'a CPU of another VM, not even to share it' 'CPU 5' 'VM other'
virsh --quiet undefine win10
smp 6
define win10
configure_cpus win10 'pin = auto' 'isolate = yes'
refused 'with another VM, all CPUs' 'without a whole core'
same 'the other VM has not noticed' "$threads" "$(threads_of other)"
check 'the other VM is destroyed' destroy other
