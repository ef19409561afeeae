#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Huge pages are there as long as the VM is, on the node that its XML says.
. "$(dirname "$0")/../lib.sh"

# Pages of 2 MiB on both nodes, and how many of them are free.
pages() {
    cat /sys/devices/system/node/node[01]/hugepages/hugepages-2048kB/{nr,free}_hugepages | xargs
}

hungry() {
    memory="<memory unit='MiB'>$1</memory><memoryBacking><hugepages/></memoryBacking>
            <numatune><memory mode='strict' nodeset='1'/></numatune>"
}

configure win10 '[memory]' 'hugepages = reserve'
hungry 64
define win10
check 'a VM with huge pages on node 1 starts' start win10
same 'there are as many as it needs, there, and they are in use' '0 32 0 0' "$(pages)"
check 'it is destroyed' destroy win10
same 'they are gone' '0 0 0 0' "$(pages)"

echo 10 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages
echo 3 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages
check 'it starts on a host that has some' start win10
same 'only what is missing was added' '3 32 3 0' "$(pages)"
check 'it is destroyed' destroy win10
same 'those that the host had are left' '3 10 3 10' "$(pages)"

virsh --quiet undefine win10
hungry 8192
define win10
# The kernel tries hard: that takes it 10 s here.
configure win10 '[devices]' 'timeout = 90' '[memory]' 'hugepages = reserve'
begun=$SECONDS
check 'a VM that wants more than there can be is refused' is_refused win10
check 'the message tells how many it needs, of what size, and where they were looked for' \
    says "$said" 'hostdevctl: ' '4096 huge pages of 2 MiB' ' on node 1'
check 'but not where they were not' fails says "$said" 'node 0'
diagnose <<< "$said"
echo "# that took $((SECONDS - begun)) s"
same 'what was found was given back' '3 10 3 10' "$(pages)"
for node in 0 1; do
    echo 0 > /sys/devices/system/node/node$node/hugepages/hugepages-2048kB/nr_hugepages
done
