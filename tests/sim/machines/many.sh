#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# many.sh N: prints a machine of N equal functions, each in an IOMMU group of its own, the first at
# 0001:00:00.0, the next ones one slot further each.
set -eu

cat <<END
module vfio available
module vfio_iommu_type1 available depends=vfio
module vfio-pci-core available depends=vfio
module vfio-pci available driver=vfio-pci vfio depends=vfio-pci-core,vfio_iommu_type1
module nvme loaded driver=nvme alias=pci:v*d*sv*sd*bc01sc08i02*
device 0001:00:00.0 144d:a80a class=010802 subsys=144d:a801 driver=nvme group=100 repeat=$1
END
