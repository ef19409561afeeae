#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device for which the kernel has a VFIO driver of its own gets that one, if the libvirt that calls
# knows such drivers.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine variant

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
VF=0000:41:00.2
GPU=0009:01:00.0
PLAIN=0000:42:00.0
boot=$(state)

# drivers_under VERSION: the drivers of the three devices while the VM runs.
drivers_under() {
    LIBVIRT=$1
    if [ -e "$DAEMON.pid" ]; then daemon_kill; fi
    hook win10 prepare begin </tmp/vm.xml
    echo "$hook_status $(driver_of $VF) $(driver_of $GPU) $(driver_of $PLAIN)"
    hook win10 release end </tmp/vm.xml
}

domain_xml win10 $UUID $VF $GPU $PLAIN >/tmp/vm.xml
same "libvirt 9.0 knows only vfio-pci" "0 vfio-pci vfio-pci vfio-pci" "$(drivers_under 9.0.0)"
same "the host is as before" "$boot" "$(state)"
same "libvirt 10.0 knows variants" "0 mlx5_vfio_pci nvgrace-gpu-vfio-pci vfio-pci" "$(drivers_under 10.0.0)"
same "each back on its own driver" "$boot" "$(state)"
same "a caller that is no libvirt gets what all of them know" "0 vfio-pci" \
    "$(/etc/libvirt/hooks/qemu win10 prepare begin - </tmp/vm.xml; echo "$? $(driver_of $VF)")"
/etc/libvirt/hooks/qemu win10 release end - </tmp/vm.xml
same "and back" "$boot" "$(state)"

sed "s|<driver name='vfio'/>|<driver name='vfio' model='vfio-pci'/>|" /tmp/vm.xml >/tmp/generic.xml
mv /tmp/generic.xml /tmp/vm.xml
same "<driver model='vfio-pci'> wins over the variant" "0 vfio-pci vfio-pci vfio-pci" "$(drivers_under 11.3.0)"
domain_xml win10 $UUID $GPU |
    sed "s|<driver name='vfio'/>|<driver name='vfio' model='nvgrace_gpu_vfio_pci'/>|" >/tmp/vm.xml
same "<driver model> names a variant, by module or by driver" \
    "0 mlx5_core nvgrace-gpu-vfio-pci nvme" "$(drivers_under 11.3.0)"
write vfio-pci $PCI/devices/$GPU/driver_override
write $GPU $PCI/drivers/nouveau/unbind
write $GPU $PCI/drivers/vfio-pci/bind
reserved=$(state)
same "<driver model> moves even a device reserved for vfio-pci" \
    "0 mlx5_core nvgrace-gpu-vfio-pci nvme" "$(drivers_under 11.3.0)"
same "and gives it back to vfio-pci" "$reserved" "$(state)"
domain_xml win10 $UUID $GPU >/tmp/vm.xml
same "without it, a reserved device stays where it is" "0 mlx5_core vfio-pci nvme" "$(drivers_under 11.3.0)"

plan_done
