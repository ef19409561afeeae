#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Where the VM's XML says on which CPUs it runs, that counts.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

configure_cpus win10 'pin = auto' 'isolate = yes' 'irq = move'
smp 2 "<iothreads>1</iothreads>
       <cputune>
         <vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3'/>
         <emulatorpin cpuset='0-1'/>
       </cputune>"
define win10
check 'a VM that pins itself starts' start win10
same 'it runs where it says, its iothread on CPUs that nobody has alone' $'CPU 0 2\nCPU 1 3\nIO iothread1 0-1,4-7\nemulator 0-1' "$(threads_of win10)"
same 'its CPUs are its own' '0-1,4-7 0-1,4-7' "$(allowed system.slice)"
same 'interrupts go elsewhere' f3 "$(< /proc/irq/default_smp_affinity)"
check 'it is destroyed' destroy win10

virsh --quiet undefine win10
extra="<vcpu placement='static' cpuset='6-7'>2</vcpu>"
define win10
check 'a VM whose XML names CPUs for all of it starts' start win10
same 'it runs there' $'CPU 0 6-7\nCPU 1 6-7\nemulator 6-7' "$(threads_of win10)"
same 'these are its own' '0-5 0-5' "$(allowed system.slice)"
check 'it is destroyed' destroy win10
