#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A type that was chosen in the VM itself: in virt-manager's XML tab, without being root.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

# wish ATTRIBUTES
wish() {
    extra="<metadata>
             <hostdevctl:domain xmlns:hostdevctl='urn:hostdevctl:domain:1.0'>
               <hostdevctl:mdev $1/>
             </hostdevctl:domain>
           </metadata>"
}

plug_gpu
# With the parent unnamed, somebody has to offer the type.
modprobe kvmgt
wish "type='i915-GVTg_V5_8'"
define win10 "$(mdev_xml "$uuid")"
check 'a VM starts' start win10
same 'its mdev has the type that the VM names' i915-GVTg_V5_8 "$(mdev_type "$uuid")"
check 'the VM really owns it' holds "$(qemu_of win10)" "$uuid"
check 'the VM is destroyed' destroy win10
same 'the mdev is gone' '' "$(mdevs)"

wish "uuid='$uuid' type='i915-GVTg_V5_2' parent='$gvt'"
check 'UUID and parent may be named, too' prepare win10 "$(mdev_xml "$uuid")"
same 'the mdev has the type that goes with the UUID' i915-GVTg_V5_2 "$(mdev_type "$uuid")"
check 'it is removed' release win10
