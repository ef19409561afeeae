#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# big.sh CPUS IRQS: prints a machine of two sockets with eight nodes, CPUS threads (a multiple of 16)
# and IRQS interrupts, of which every fourth is managed.
set -eu

cpus=$1 irqs=$2
cores=$((cpus / 2)) node_cores=$((cpus / 16))

cat <<END
kernel 6.1.0
cgroups
module vfio available
module vfio_iommu_type1 available depends=vfio
module vfio-pci-core available depends=vfio
module vfio-pci available driver=vfio-pci vfio depends=vfio-pci-core,vfio_iommu_type1
module nvme loaded driver=nvme alias=pci:v*d*sv*sd*bc01sc08i02*
device 0000:41:00.0 144d:a80a class=010802 driver=nvme group=41 numa=1
device 0000:c1:00.0 144d:a80a class=010802 driver=nvme group=42 numa=5
END
for node in 0 1 2 3 4 5 6 7; do
    first=$((node * node_cores)) last=$((node * node_cores + node_cores - 1))
    echo "cpus $first-$last,$((first + cores))-$((last + cores)) threads=2 package=$((node / 4))" \
        "node=$node l2=1:1024 l3=$node:32768 governor=schedutil"
    echo "node $node memory=131072 used=4096 caches=8192"
done
irq=0
while [ "$irq" -lt "$irqs" ]; do
    managed=
    if [ $((irq % 4)) -eq 3 ]; then managed=managed; fi
    echo "irq $((irq + 24)) action=dev$((irq / 16))q$((irq % 16)) affinity=0-$((cpus - 1)) $managed"
    irq=$((irq + 1))
done
