#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The VM of the document that all this began with, with the few lines of configuration that take the
# place of its script. What is different from the document: VNC instead of SPICE with OpenGL, for the
# host has no /dev/dri; neither x-igd-opregion nor romfile nor an ACPI table, for there is nothing
# that could be in them; and "-set" needs a word to libvirt since it hands devices to QEMU as JSON
# (what <hostdev ramfb='on'/> does today needs none).
. "$(dirname "$0")/../lib.sh"

ramfb() {
    virsh qemu-monitor-command win10 --pretty \
        '{"execute": "qom-get", "arguments": {"path": "/machine/peripheral/hostdev0", "property": "ramfb"}}' |
        grep '"return": true'
}

plug_gpu
configure win10 '[mdev db10f5f6-0546-4c1c-96c7-1ffe204ae6ce]' 'parent = 0000:00:02.0' 'type = i915-GVTg_V5_4'
label=
extra="<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
         <qemu:arg value='-set'/><qemu:arg value='device.hostdev0.ramfb=on'/>
         <qemu:arg value='-set'/><qemu:arg value='device.hostdev0.driver=vfio-pci-nohotplug'/>
       </qemu:commandline>
       <qemu:capabilities xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
         <qemu:del capability='device.json+hotplug'/>
       </qemu:capabilities>"
define win10 "<graphics type='vnc'/><video><model type='none'/></video>" \
    "$(mdev_xml "$uuid" "display='on'")" "$(hostdev "$drive0" yes)"
check 'before, the host offers no mediated devices' fails test -e "$pci/$gvt/mdev_supported_types"
check 'the VM starts' start win10
same 'its mdev is there, of the type that was asked for' "$uuid i915-GVTg_V5_4" \
    "$(mdevs) $(mdev_type "$uuid")"
check 'the VM really owns it' holds "$(qemu_of win10)" "$uuid"
check 'and the drive that it has besides' holds "$(qemu_of win10)" "$drive0"
check 'QEMU shows the display of the mdev, with ramfb' ramfb
check 'the VM is destroyed' destroy win10
same 'the mdev is gone' '' "$(mdevs)"
same 'every instance is free again' 8 "$(available V5_8)"
