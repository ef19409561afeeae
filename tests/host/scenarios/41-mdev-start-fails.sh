#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Starts that fail when the mdev has been created.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

times_created() {
    dmesg | grep -c "$uuid: Adding to iommu group" || true
}

plug_gpu
configure_mdev large
before=$(times_created)
memory="<memory unit='TiB'>64</memory>" define large "$(mdev_xml "$uuid")"
check 'a VM too large for the host does not start' is_refused large
check 'QEMU is the one who says so' says "$said" 'cannot set up guest memory'
same 'its mdev had been created' $((before + 1)) "$(times_created)"
same 'and is gone' '' "$(mdevs)"

configure_mdev diskless
define diskless "$(mdev_xml "$uuid")" \
    "<disk type='file'><source file='/nowhere.img'/><target dev='vda' bus='virtio'/></disk>"
check 'a VM whose disk is missing does not start' is_refused diskless
check 'libvirt is the one who says so' says "$said" /nowhere.img
same 'it leaves no mdev either' '' "$(mdevs)"
same 'every instance is free' 8 "$(available V5_8)"
