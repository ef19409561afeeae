#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl mdev types: what there is, who has it, and why there is nothing.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine gvt gvt-off mtty vgpu vgpus no-iommu

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
OTHER=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
parents=/sys/class/mdev_bus

# mdev STATUS SENTENCE EXPECTED ARGUMENT...: see tool.
mdev() { tool "$1" "$MACHINE: $2" "$3" mdev "${@:4}"; }

create() {
    echo "$3" >"$parents/$1/mdev_supported_types/$2/create"
}

# start_with_mdev NAME TYPE: a VM that gets $UUID.
start_with_mdev() {
    conf "domains/$1.conf" <<<"[mdev $UUID]
type = $2"
    DOMAIN_DEVICES="<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$UUID'/></source></hostdev>" \
        domain_xml "$1" 7a52f0d2-3a47-41e5-9b02-5b5d0b7f5a11 >/run/vm.xml
    start_vm /run/vm.xml "$1"
}

on_gvt() {
    mdev 0 'before kvmgt is loaded it is said how to see the types' \
        "No device of this host offers mediated devices: GVT-g is turned on, but its module is not loaded: the start of a VM that needs it does that; to see the types now: modprobe kvmgt." types
    mdev 0 'a script gets an empty list' '[
]' types --json
    check 'a VM with a vGPU starts' start_with_mdev win10 i915-GVTg_V5_4
    mdev 0 'then there are types, and it is said who has an instance' \
        "PARENT        TYPE            NAME       FREE  TAKEN                                            DESCRIPTION
0000:00:02.0  i915-GVTg_V5_1  GVTg_V5_1  0     -                                                low_gm_size: 512MB, high_gm_size: 2048MB, fence: 4, resolution: 1920x1200, weight: 16
0000:00:02.0  i915-GVTg_V5_2  GVTg_V5_2  1     -                                                low_gm_size: 256MB, high_gm_size: 1024MB, fence: 4, resolution: 1920x1200, weight: 8
0000:00:02.0  i915-GVTg_V5_4  GVTg_V5_4  3     $UUID (VM win10)  low_gm_size: 128MB, high_gm_size: 512MB, fence: 4, resolution: 1920x1200, weight: 4
0000:00:02.0  i915-GVTg_V5_8  GVTg_V5_8  6     -                                                low_gm_size: 64MB, high_gm_size: 384MB, fence: 4, resolution: 1024x768, weight: 2" \
        types 00:02.0
    mdev 1 'a device that offers none is named' \
        'hostdevctl: 0000:01:00.0 offers no mediated devices: hostdevctl mdev types lists what does' \
        types 0000:01:00.0
    mdev 2 'an option that there is not is refused' 'hostdevctl: mdev types: unknown option --jsom' types --jsom
}

on_mtty() {
    mdev 0 'what is no PCI device is a parent, too' "PARENT  TYPE    NAME                FREE  TAKEN                                 DESCRIPTION
mtty    mtty-1  Single port serial  22    -                                     -
mtty    mtty-2  Dual port serial    11    $OTHER  -" types
    mdev 0 'for scripts: what is not known is null' "[
  {
    \"parent\": \"mtty\",
    \"type\": \"mtty-1\",
    \"name\": \"Single port serial\",
    \"description\": null,
    \"kind\": \"mdev\",
    \"free\": 22,
    \"taken\": [
    ]
  },
  {
    \"parent\": \"mtty\",
    \"type\": \"mtty-2\",
    \"name\": \"Dual port serial\",
    \"description\": null,
    \"kind\": \"mdev\",
    \"free\": 11,
    \"taken\": [
      {
        \"uuid\": \"$OTHER\",
        \"holder\": null
      }
    ]
  }
]" types --json mtty
}

on_vgpu() {
    local card=0000:41:00.0 function=0000:41:00.4 start
    mdev 0 'vGPUs that are virtual functions are those of their card' \
        "PARENT        TYPE  NAME             FREE  TAKEN  DESCRIPTION
0000:41:00.0  557   NVIDIA L40S-1B   1     -      -
0000:41:00.0  558   NVIDIA L40S-2B   1     -      -
0000:41:00.0  1145  NVIDIA L40S-1Q   1     -      -
0000:41:00.0  1151  NVIDIA L40S-48Q  1     -      -

0000:41:00.0 is free as 0000:41:00.4: give one to the VM with managed='no', and set
vgpu-type = 557 (or another type) in its section [device 0000:41:00.4]." types "$card"
    conf domains/debian.conf <<<"[device $function]
vgpu-type = 558"
    domain_xml debian 7a52f0d2-3a47-41e5-9b02-5b5d0b7f5a12 "$function:no" >/run/debian.xml
    check 'a VM gets one' start_vm /run/debian.xml debian
    mdev 0 'and is said to have it' "PARENT        TYPE  NAME  FREE  TAKEN                     DESCRIPTION
0000:41:00.0  558   -     0     0000:41:00.4 (VM debian)  -" types "$card"
    contains 'for scripts it is the function' '"function": "0000:41:00.4",
        "holder": "VM debian"' "$(hostdevctl mdev types --json "$card")"

    create 0000:3b:00.0 nvidia-63 "$UUID"
    same "an instance is one of its own parent's, though another one has that type, too" \
        "0000:3b:00.0 nvidia-63 7 $UUID
0000:86:00.0 nvidia-63 8 -" "$(hostdevctl mdev types 0000:86:00.0 3b:00.0 | awk '$2 == "nvidia-63" { print $1, $2, $5, $6 }')"
    control 'hang create *'
    create 0000:86:00.0 nvidia-64 "$OTHER" &
    wait_until grep -q "$OTHER" /sys/.sim/state
    start=$(now)
    mdev 1 'behind a card that is stuck, the others are told of' \
        'PARENT        TYPE       NAME  FREE  TAKEN                     DESCRIPTION
0000:86:00.0  nvidia-63  -     ?     -                         -
0000:86:00.0  nvidia-64  -     ?     -                         -
0000:86:00.0  nvidia-65  -     ?     -                         -
0000:86:00.0  nvidia-66  -     ?     -                         -
0000:41:00.0  558        -     0     0000:41:00.4 (VM debian)  -
hostdevctl: 0000:86:00.0 does not tell how many nvidia-63 are free: its driver is stuck in the kernel. See the kernel log; only a reboot may free it' \
        types 0000:86:00.0 "$card"
    check 'and that within seconds' test $(($(now) - start)) -lt 9000000
    same 'for scripts that is null' 'null,' \
        "$(hostdevctl mdev types --json 0000:86:00.0 2>/dev/null | sed -n 's/^ *"free": //p' | sort -u)"
    control 'release *' reset
    wait
}

on_vgpus() {
    mdev 0 'the functions of each card are in their order' \
        "PARENT        TYPE  NAME            FREE  TAKEN  DESCRIPTION
0000:41:00.0  557   NVIDIA L40S-1B  2     -      -
0000:41:00.0  1145  NVIDIA L40S-1Q  2     -      -
0000:61:00.0  557   NVIDIA L40S-1B  2     -      -

0000:41:00.0 is free as 0000:41:00.4, 0000:41:00.5: give one to the VM with managed='no', and set
vgpu-type = 557 (or another type) in its section [device 0000:41:00.4].

0000:61:00.0 is free as 0000:61:00.4, 0000:61:00.5: give one to the VM with managed='no', and set
vgpu-type = 557 (or another type) in its section [device 0000:61:00.4]." types
    mdev 0 'for scripts they are listed, too' '[
  {
    "parent": "0000:61:00.0",
    "type": "557",
    "name": "NVIDIA L40S-1B",
    "description": null,
    "kind": "vgpu",
    "free": 2,
    "taken": [
    ],
    "free-functions": [
      "0000:61:00.4",
      "0000:61:00.5"
    ]
  }
]' types --json 61:00.0
    echo 557 >$PCI/devices/0000:61:00.4/nvidia/current_vgpu_type
    : >/dev/vfio/34
    exec 7</dev/vfio/34
    same 'who has one is told if it is another process, too' \
        "0000:61:00.0 557 NVIDIA L40S-1B 1 0000:61:00.4 (process $$ (bash)) -" \
        "$(hostdevctl mdev types 61:00.0 | sed -n '2s/  */ /gp')"
    exec 7<&-
}

case $MACHINE in
gvt) on_gvt ;;
gvt-off) mdev 0 'why there are none is said as the hook says it' \
    'No device of this host offers mediated devices: GVT-g is not turned on: add i915.enable_gvt=1 to the kernel line and reboot (Intel GPUs from Ice Lake on have no GVT-g; their way is SR-IOV).' types ;;
mtty) on_mtty ;;
vgpu) on_vgpu ;;
vgpus) on_vgpus ;;
no-iommu) mdev 0 'with no such driver at all, too' \
    'No device of this host offers mediated devices: load the driver that provides them.' types ;;
esac

plan_done
