#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# VMs with CPUs of their own come and go in turns, beside one that asks for nothing.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

# host_has CPUS: and so has the VM that asks for nothing.
host_has() {
    local all=0-7 set=$1
    [ "$1" != $all ] || set=all
    same "the host has CPUs $1" "$set $1" "$(allowed system.slice)"
    same "so has the VM that asks for nothing" "$1" "$(threads_of plain | sed 's/.* //' | sort -u | xargs)"
}

before=$(cpu_snapshot)
smp 2
define plain
define first
define second
define third
for vm in first second third; do
    configure_cpus $vm 'pin = auto' 'isolate = yes'
done

check 'a VM that asks for nothing starts' start plain
host_has 0-7
check 'the first with CPUs of its own' start first
host_has 0-3,6-7
check 'the second' start second
host_has 0-3
check 'the first ends' destroy first
host_has 0-5
check 'the third starts' start third
same 'on the CPUs that were freed' $'CPU 0 4\nCPU 1 5\nemulator 0-3' "$(threads_of third)"
host_has 0-3
check 'the one that asks for nothing ends' destroy plain
check 'and can start again while CPUs are isolated' start plain
host_has 0-3
same 'the VMs as a whole may use all' 'all 0-7' "$(allowed machine.slice)"
check 'the second ends' destroy second
host_has 0-3,6-7
check 'the third ends' destroy third
host_has 0-7
check 'the one that asks for nothing ends' destroy plain
same 'all is as it was' "$before" "$(cpu_snapshot)"
