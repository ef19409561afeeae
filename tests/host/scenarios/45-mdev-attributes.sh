#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Attributes out of the VM's file, which are written between creation and use.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

plug_gpu
configure_mdev win10
cat >> /etc/hostdevctl/domains/win10.conf << 'CONF'
attr.weight = 7
attr.vgpu/params = fast=1,edid=0
attr.weight = 5
CONF
check 'an mdev with attributes is created' prepare win10 "$(mdev_xml "$uuid")"
same 'they were written in order' 'weight=7 vgpu/params=fast=1,edid=0 weight=5' \
    "$(xargs < "$mdev/$uuid/vgpu/written")"
check 'it is removed' release win10
same 'nothing is left of it' '' "$(mdevs)"

configure_mdev win10
echo 'attr.weight = 99' >> /etc/hostdevctl/domains/win10.conf
check 'a value that the driver refuses stops the VM' fails prepare win10 "$(mdev_xml "$uuid")"
check 'the message names UUID, attribute and value' says "$said" "$uuid" weight 99
# libvirt calls it after every prepare that fails.
release win10 > /dev/null || true
same 'the mdev is gone' '' "$(mdevs)"
