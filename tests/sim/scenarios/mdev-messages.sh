#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the person who started a VM with a mediated device or a vGPU reads when it cannot be had.
# The functions at the end are called by the machine's name.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317,SC2086
. "$(dirname "$0")/../lib.sh"
machine gvt no-gvt gvt-off vgpu mtty

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
FIRST=0b1ae2a5-35a6-4d26-8c2c-9c1a0c4f5a11
gpu=0000:00:02.0
boot=$(state)

# vm [NAME [UUID]]: a VM with one mediated device.
vm() {
    local name=${1:-win10}
    DOMAIN_DEVICES="<hostdev mode='subsystem' type='mdev' model='vfio-pci'>
        <source><address uuid='${2:-$UUID}'/></source></hostdev>" \
        domain_xml "$name" "11111111-2222-3333-4444-00000000000${#name}" >"/tmp/$name.xml"
}

# refused SENTENCE MESSAGE: the VM win10 is.
refused() {
    hook win10 prepare begin </tmp/win10.xml
    same "$1: exit 1" 1 "$hook_status"
    same "$1: the message" "hostdevctl: $2" "$hook_stderr"
    same "$1: the host is untouched" "$boot" "$(state)"
    same "$1: no journal is left" "" "$(find /run/hostdevctl -name win10)"
}

wants() {
    conf domains/win10.conf <<<"[mdev $UUID]
$1"
}

create() { echo "$1" >"/sys/class/mdev_bus/$2/mdev_supported_types/$3/create"; }

on_gvt() {
    vm
    refused "nobody says the type" \
        "nothing says of which type mediated device $UUID shall be. This host offers:
  $gpu  i915-GVTg_V5_1 (GVTg_V5_1): low_gm_size: 512MB, high_gm_size: 2048MB, fence: 4, resolution: 1920x1200, weight: 16; 1 free
  $gpu  i915-GVTg_V5_2 (GVTg_V5_2): low_gm_size: 256MB, high_gm_size: 1024MB, fence: 4, resolution: 1920x1200, weight: 8; 2 free
  $gpu  i915-GVTg_V5_4 (GVTg_V5_4): low_gm_size: 128MB, high_gm_size: 512MB, fence: 4, resolution: 1920x1200, weight: 4; 4 free
  $gpu  i915-GVTg_V5_8 (GVTg_V5_8): low_gm_size: 64MB, high_gm_size: 384MB, fence: 4, resolution: 1024x768, weight: 2; 8 free
Choose one, and put it into /etc/hostdevctl/domains/win10.conf, like this:
[mdev $UUID]
parent = $gpu
type = i915-GVTg_V5_1"
    sed -n '/^\[mdev/,$p' <<<"$hook_stderr" | conf domains/win10.conf
    check "these very lines make it start" start_vm /tmp/win10.xml win10
    stop_vm /tmp/win10.xml win10

    wants "type = i915-GVTg_V5_3"
    refused "a type that there is not" \
        "mediated device $UUID cannot be created: this host does not offer type i915-GVTg_V5_3, but i915-GVTg_V5_1 on $gpu, i915-GVTg_V5_2 on $gpu, i915-GVTg_V5_4 on $gpu, i915-GVTg_V5_8 on $gpu. Correct the type where the device is configured"
    wants "type = i915-GVTg_V5_3
parent = $gpu"
    refused "a type that the parent has not" \
        "mediated device $UUID cannot be created: $gpu does not offer type i915-GVTg_V5_3, but i915-GVTg_V5_1, i915-GVTg_V5_2, i915-GVTg_V5_4, i915-GVTg_V5_8. Correct the type where the device is configured"
    wants "type = tea
parent = 0000:01:00.0"
    refused "a parent that is none" \
        "mediated device $UUID cannot be created: 0000:01:00.0 offers no mediated devices: load the driver that provides them"

    # What others have.
    wants "type = i915-GVTg_V5_4"
    conf hostdevctl.conf <<<"[mdev]
type = i915-GVTg_V5_2"
    vm other
    check "another VM has the device" start_vm /tmp/other.xml other
    boot=$(state)
    refused "a device that another VM has" \
        "mediated device $UUID is in use by VM other: shut that VM down first"
    stop_vm /tmp/other.xml other
    vm other $FIRST
    start_vm /tmp/other.xml other
    create 6ad0c9c3-3d3b-4a8e-9f0e-5f9ed2a5d0b7 $gpu i915-GVTg_V5_2
    boot=$(state)
    refused "no instance is free" \
        "mediated device $UUID cannot be created: no instance of i915-GVTg_V5_4 is free on this host: taken are $FIRST (i915-GVTg_V5_2) by VM other, 6ad0c9c3-3d3b-4a8e-9f0e-5f9ed2a5d0b7 (i915-GVTg_V5_2) by no process. Shut a VM down first, or choose a smaller type"
    echo 1 >/sys/bus/mdev/devices/6ad0c9c3-3d3b-4a8e-9f0e-5f9ed2a5d0b7/remove
    stop_vm /tmp/other.xml other
    create $UUID $gpu i915-GVTg_V5_2
    boot=$(state)
    refused "it exists with another type" \
        "mediated device $UUID exists already on $gpu, but as a i915-GVTg_V5_2 and not as a i915-GVTg_V5_4: remove it (mdevctl stop -u $UUID), or correct the type where it is configured"
    echo 1 >/sys/bus/mdev/devices/$UUID/remove
    boot=$(state)
    configuration
}

# Mistakes in files.
configuration() {
    wants "type = ../../etc"
    refused "a name that can be none" \
        "/etc/hostdevctl/domains/win10.conf:2: type = ../../etc: expected a name from /sys, e.g. i915-GVTg_V5_4"
    wants "attr. = 1"
    refused "an attribute without a name" \
        "/etc/hostdevctl/domains/win10.conf:2: attr.: expected attr. and the name of an attribute"
    wants "attr.../remove = 1"
    refused "an attribute that leads elsewhere" \
        "/etc/hostdevctl/domains/win10.conf:2: attr.../remove: expected attr. and the name of an attribute"
    wants "colour = blue"
    refused "an unknown key" \
        "/etc/hostdevctl/domains/win10.conf:2: unknown key 'colour' in [mdev $UUID]"
    conf domains/win10.conf <<<"[mdev win10]
type = a"
    refused "a section without a UUID" \
        "/etc/hostdevctl/domains/win10.conf:1: [mdev win10]: expected a UUID, e.g. [mdev db10f5f6-0546-4c1c-96c7-1ffe204ae6ce]"
    rm /etc/hostdevctl/domains/win10.conf
    mkdir -p /etc/mdevctl.d/$gpu /etc/mdevctl.d/0000:01:00.0
    echo '{"mdev_type": 1' >/etc/mdevctl.d/$gpu/$UUID
    refused "a damaged definition" \
        "mdevctl's definition /etc/mdevctl.d/$gpu/$UUID cannot be used: it is damaged. \`mdevctl list -d\` shows what is defined"
    echo '{"mdev_type": "i915-GVTg_V5_4", "attrs": []}' >/etc/mdevctl.d/$gpu/$UUID
    chmod 666 /etc/mdevctl.d/$gpu/$UUID
    refused "a definition that others may write" \
        "/etc/mdevctl.d/$gpu/$UUID is not root's alone to write: chown root and chmod go-w it"
    chmod 644 /etc/mdevctl.d/$gpu/$UUID
    cp /etc/mdevctl.d/$gpu/$UUID /etc/mdevctl.d/0000:01:00.0/
    hook win10 prepare begin </tmp/win10.xml
    same "two definitions: exit 1" 1 "$hook_status"
    contains "two definitions: the message" "say which one with parent = in the section [mdev $UUID] of /etc/hostdevctl/domains/win10.conf" "$hook_stderr"
    sed -i "s|<name>|<metadata><a:domain xmlns:a='urn:hostdevctl:domain:1.0'><a:mdev type='/'/></a:domain></metadata><name>|" /tmp/win10.xml
    refused "metadata that can be no type" \
        "the VM's <metadata> has an <mdev> whose type cannot be the name of any"
}

on_gvt_off() {
    vm
    refused "GVT-g is off, and nobody says the type" \
        "mediated device $UUID cannot be created: no device of this host offers any: GVT-g is not turned on: add i915.enable_gvt=1 to the kernel line and reboot (Intel GPUs from Ice Lake on have no GVT-g; their way is SR-IOV)"
    wants "type = i915-GVTg_V5_4
parent = $gpu"
    refused "GVT-g is off" \
        "mediated device $UUID cannot be created: $gpu offers no mediated devices: GVT-g is not turned on: add i915.enable_gvt=1 to the kernel line and reboot (Intel GPUs from Ice Lake on have no GVT-g; their way is SR-IOV)"
}

on_no_gvt() {
    vm
    wants "type = i915-GVTg_V5_4
parent = $gpu"
    refused "a GPU without GVT-g" \
        "mediated device $UUID cannot be created: $gpu offers no mediated devices: this GPU has no GVT-g, as Intel's from Ice Lake on: their way is SR-IOV, virtual functions that are given to VMs as PCI devices"
    control "unload kvmgt" "fail load kvmgt EIO"
    refused "kvmgt cannot be loaded" \
        "mediated device $UUID cannot be created: $gpu offers no mediated devices: module kvmgt is not loaded and could not be: install the kernel's full set of modules (on Ubuntu linux-modules-extra), or reboot if the kernel was just updated"
    control "unload i915" "fail load i915 EIO"
    boot=$(state)
    control clear-log
    refused "no i915" \
        "mediated device $UUID cannot be created: $gpu offers no mediated devices: the GPU's driver i915 is not loaded, or the kernel was built without GVT-g"
    same "and i915 is not loaded for it" "" "$(journal)"
}

on_vgpu() {
    vm
    wants "type = nvidia-63"
    control "unload nvidia_vgpu_vfio" "fail load nvidia_vgpu_vfio ENOENT"
    refused "NVIDIA's driver is missing" \
        "mediated device $UUID cannot be created: no device of this host offers any: install NVIDIA's vGPU driver for the host; where that makes virtual functions instead (kernel 6.8 or later), give one to the VM, and set vgpu-type in its [device] section"
    control reset "load nvidia_vgpu_vfio"
    control "hang create 0000:3b:00.0"
    conf hostdevctl.conf <<<"[devices]
timeout = 2"
    create $FIRST 0000:3b:00.0 nvidia-63 &
    sleep 0.3
    hook win10 prepare begin </tmp/win10.xml
    same "a driver that does not tell what is free: exit 1" 1 "$hook_status"
    same "a driver that does not tell what is free: the message" \
        "hostdevctl: 0000:3b:00.0 does not tell how many nvidia-63 are free: its driver is stuck in the kernel. See the kernel log; only a reboot may free it" \
        "$hook_stderr"
    control "release 0000:3b:00.0"
}

on_mtty() {
    vm
    hook win10 prepare begin </tmp/win10.xml
    contains "a parent that is no PCI device: the lines to write" "parent = mtty" "$hook_stderr"
    sed -n '/^\[mdev/,$p' <<<"$hook_stderr" | conf domains/win10.conf
    check "they make it start" start_vm /tmp/win10.xml win10
    stop_vm /tmp/win10.xml win10
    same "the host is as it was" "$boot" "$(state)"
}

"on_${MACHINE//-/_}"
plan_done
