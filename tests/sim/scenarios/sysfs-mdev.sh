#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Mediated devices and NVIDIA's vGPUs on the simulated machine behave as the kernel's do.
# Many functions are called through `check`, which shellcheck does not see:
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine gvt vgpu no-gvt gvt-off mtty

A=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
B=0c7e0e5a-3f0f-4a5e-9a9e-2d6b7c1f0b11
C=5f1d0b52-7a1e-4f0a-8a52-9f3c55d3a0c2
BUS=/sys/bus/mdev/devices
boot=$(state)

# error COMMAND...: what the kernel says.
error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

types_of() { echo "/sys/class/mdev_bus/$1/mdev_supported_types"; }
create() { write "$1" "$(types_of "$2")/$3/create"; }
remove() { write 1 "$BUS/$1/remove"; }
available() { cat "$(types_of "$1")"/*/available_instances | xargs; }
files() { (cd "$1" && find . -mindepth 1 | sort | sed 's|^\./||' | xargs); }

# waits COMMAND...: it does not end while something hangs.
waits() {
    local process
    "$@" >/dev/null &
    process=$!
    sleep 0.2
    kill -KILL "$process"
    wait "$process" 2>/dev/null
    [ $? -eq 137 ]
}

# takes MILLISECONDS COMMAND...: true when the command took that long, and not much longer.
takes() {
    local wanted=$1 start took
    shift
    start=$(now)
    "$@" || return
    took=$((($(now) - start) / 1000))
    if [ "$took" -lt "$wanted" ] || [ "$took" -gt $((wanted + 300)) ]; then
        echo "took $took ms"
        return 1
    fi
}

# ---- Intel's GVT-g ----------------------------------------------------------------------------

GPU=0000:00:02.0
V1=i915-GVTg_V5_1 V4=i915-GVTg_V5_4 V8=i915-GVTg_V5_8
device=$PCI/devices/$GPU

gvt_parent() {
    same "a parameter of a module can be read" Y "$(cat /sys/module/i915/parameters/enable_gvt)"
    same "by root only" 400 "$(stat -c %a /sys/module/i915/parameters/enable_gvt)"
    check_fails "without its module a device is no parent" test -e $device/mdev_supported_types
    check_fails "nor is there a class of parents" test -e /sys/class/mdev_bus
    check_fails "nor a bus" test -e /sys/bus/mdev
    check "modprobe loads the module" modprobe kvmgt
    same "with what it needs" "kvmgt mdev vfio" "$(journal | sed -n 's/load //p' | sort | xargs)"
    same "and the device is a parent" "$(realpath $device)" "$(realpath /sys/class/mdev_bus/$GPU)"
    same "with types" "i915-GVTg_V5_1 i915-GVTg_V5_2 i915-GVTg_V5_4 i915-GVTg_V5_8" "$(cd "$(types_of $GPU)" && echo *)"
    same "a type has its files" "available_instances create description device_api devices name" \
        "$(files "$(types_of $GPU)/$V4")"
    same "which read as the driver has it" "GVTg_V5_4 vfio-pci" "$(cd "$(types_of $GPU)/$V4" && cat name device_api | xargs)"
    same "the description has several lines" \
        $'low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1920x1200\nweight: 4' "$(cat "$(types_of $GPU)/$V4/description")"
    same "create can be written only" 200 "$(stat -c %a "$(types_of $GPU)/$V4/create")"
    same "all types share one pool" "1 2 4 8" "$(available $GPU)"
}

gvt_create() {
    control clear-log
    check "a UUID written to create makes a device" create $A $GPU $V4
    same "below its parent" "$(realpath $device)/$A" "$(realpath $BUS/$A)"
    same "with its files" "driver iommu_group mdev_type remove subsystem uevent" "$(files $BUS/$A)"
    same "remove can be written only" 200 "$(stat -c %a $BUS/$A/remove)"
    same "its type" "../mdev_supported_types/$V4" "$(readlink $BUS/$A/mdev_type)"
    same "from where it is found, too" "$(realpath $BUS/$A)" "$(realpath "$(types_of $GPU)/$V4/devices/$A")"
    same "its driver" "/sys/bus/mdev/drivers/intel_vgpu_mdev" "$(realpath $BUS/$A/driver)"
    same "its bus" "/sys/bus/mdev" "$(realpath $BUS/$A/subsystem)"
    same "a group of its own" "/sys/kernel/iommu_groups/6 $A" \
        "$(realpath $BUS/$A/iommu_group) $(ls $BUS/$A/iommu_group/devices)"
    same "and less is left" "0 1 3 6" "$(available $GPU)"
    same "the state tells of it" "$boot"$'\n'"$A $GPU $V4" "$(state)"
    same "so does the log" "create $A $GPU $V4" "$(journal)"
    check "a newline at the end does not count" create $B$'\n' $GPU $V8
    check "nor does the case" create ${C^^} $GPU $V8
    check "the name is in lower case" test -e $BUS/$C/mdev_type
    for uuid in x "$A$A" "${A//-/}" "${A%e}" "${A%e}g" "$A"$'\n\n' "{$A}"; do
        same "'${uuid//$'\n'/\\n}' is no UUID" "Invalid argument" "$(error create "$uuid" $GPU $V8)"
    done
    same "a UUID is there once" "File exists" "$(error create $A $GPU $V8)"
    same "what is too much is refused, here by the driver" "No space left on device" \
        "$(error create ${A/db/aa} $GPU $V1)"
    check_fails "and leaves nothing" test -e $device/${A/db/aa}
}

gvt_remove() {
    check "0 to remove does nothing" write 0 $BUS/$A/remove
    same "nor does what is no number" "Invalid argument" "$(error write yes $BUS/$A/remove)"
    check "the device is still there" test -e $BUS/$A/remove
    for uuid in $A $B $C; do check "1 to remove takes $uuid away" remove "$uuid"; done
    check_fails "from the bus" ls $BUS/$A
    check_fails "from its parent" ls $device/$A
    check_fails "from its type" ls "$(types_of $GPU)/$V4/devices/$A"
    check_fails "with its group" ls /sys/kernel/iommu_groups/6
    same "and all is free" "1 2 4 8" "$(available $GPU)"
    same "as at the start" "$boot" "$(state)"
}

gvt_slow() {
    control reset "delay create $A 300" "delay remove $GPU 200"
    check "a create takes its time" takes 300 create $A $GPU $V4
    check "so does a remove, by the parent's name" takes 200 remove $A
    same "each is recorded" "create $A $GPU $V4"$'\n'"remove $A $GPU $V4" "$(journal)"
    control reset "hang create *"
    create $A $GPU $V4 &
    hanging=$!
    check "while a create hangs there is a directory" wait_until test -e $device/$A/driver
    same "that is not complete" "driver remove subsystem uevent" "$(files $device/$A)"
    check "and counting waits" waits available $GPU
    same "the UUID is taken" "File exists" "$(error create $A $GPU $V4)"
    kill -KILL $hanging
    check "who waits for it can be killed" wait_until test ! -d /proc/$hanging
    wait $hanging
    check_fails "which does not end it" test -e $device/$A/mdev_type
    control "release $A"
    check "until it is released" wait_until test -e $device/$A/mdev_type
    control reset "hang remove $A"
    remove $A &
    check "while a remove hangs" wait_until test ! -e $device/$A/remove
    same "the directory is there, with hardly anything in it" iommu_group "$(files $device/$A)"
    check_fails "the bus knows nothing of it" test -e $BUS/$A
    check "and counting waits" waits available $GPU
    control "release $GPU"
    check "until the parent is released" wait_until test ! -e $device/$A
    wait
    control "hang create $A"
    create $A $GPU $V4 2>/run/error &
    wait_until test -e $device/$A/driver
    same "a remove that comes too early" "Resource temporarily unavailable" "$(error remove $A)"
    control "release *"
    check "(which does not keep the device from coming)" wait_until test -e $BUS/$A/mdev_type
    check_fails "leaves no way to remove it" test -e $BUS/$A/remove
    wait
    modprobe -r kvmgt
}

gvt_failing() {
    modprobe kvmgt
    control reset "fail create $GPU EIO 1" "fail remove $A EBUSY 1"
    same "a create fails as told" "Input/output error" "$(error create $A $GPU $V4)"
    same "and leaves nothing" "$boot" "$(state)"
    check "as often as told" create $A $GPU $V4
    same "a remove fails as told" "Device or resource busy" "$(error remove $A)"
    check "and can be tried again" remove $A
    same "all is recorded" "create $A $GPU $V4 (EIO)
create $A $GPU $V4
remove $A $GPU $V4 (EBUSY)
remove $A $GPU $V4" "$(journal)"
    same "a fault of what cannot be is refused" "No such device" "$(error control "hang create 0000:01:00.0")"
}

gvt_end() {
    create $A $GPU $V4
    check "removing the module" modprobe -r kvmgt
    check_fails "removes the devices" test -e $device/$A
    check_fails "the types" test -e $device/mdev_supported_types
    check_fails "and the class" test -e /sys/class/mdev_bus
    modprobe kvmgt
    create $A $GPU $V4
    check "unbinding the parent from its driver" write $GPU $PCI/drivers/i915/unbind
    check_fails "makes it a parent no more" ls $device/mdev_supported_types /sys/class/mdev_bus/$GPU $device/$A
    write $GPU $PCI/drivers_probe
    same "with the driver it is one again" "1 2 4 8" "$(available $GPU)"
    control "hang create $A"
    create $A $GPU $V4 2>/dev/null &
    wait_until test -e $device/$A
    check "a module whose device is being made is not removed" waits modprobe -r kvmgt
    control "release $A"
    check "before that has ended" wait_until test ! -e $device/mdev_supported_types
    wait
    same "all is as it was" "$boot" "$(state)"
}

gvt_mdevctl() {
    if ! command -v mdevctl >/dev/null; then
        skip "mdevctl works here" "mdevctl is not installed"
        return
    fi
    control reset "load kvmgt"
    contains "mdevctl tells the types" "$V4"$'\n'"    Available instances: 4"$'\n'"    Device API: vfio-pci"$'\n'"    Name: GVTg_V5_4" \
        "$(mdevctl types)"
    check "mdevctl starts a device" mdevctl start -u $A -p $GPU -t $V4
    same "it is there" "$A $GPU $V4" "$(state | grep $A)"
    same "mdevctl lists it" "$A $GPU $V4" "$(mdevctl list | sed 's/ *$//' | head -1 | cut -d' ' -f1-3)"
    check "mdevctl stops it" mdevctl stop -u $A
    same "it is gone" "$boot" "$(state)"
}

# ---- NVIDIA's mediated devices ----------------------------------------------------------------

P4=0000:3b:00.0 OTHER=0000:86:00.0
VF=0000:41:00.4

nvidia_mdev() {
    same "parents whose module is loaded are there at boot" "$P4 $OTHER" "$(cd /sys/class/mdev_bus && echo *)"
    same "each on its node" "0 1" "$(cat /sys/class/mdev_bus/*/numa_node | xargs)"
    same "a name may have blanks" "GRID P4-2Q" "$(cat "$(types_of $P4)/nvidia-64/name")"
    create $A $P4 nvidia-66
    same "what is too much is refused, here by the kernel" "Too many users" "$(error create $B $P4 nvidia-63)"
    check_fails "and leaves nothing" test -e $PCI/devices/$P4/$B
    same "the other parent has its own pool" "8 4 2 1" "$(available $OTHER)"
    same "a UUID is there once on the host" "File exists" "$(error create $A $OTHER nvidia-63)"
    same "groups do not collide" 0 "$(basename "$(realpath $BUS/$A/iommu_group)")"
    control reset "hang create $P4"
    remove $A
    create $A $P4 nvidia-63 &
    wait_until test -e $PCI/devices/$P4/$A
    check "while one parent is busy" waits available $P4
    check "the other is not" create $B $OTHER nvidia-65
    control "release $P4"
    wait
    same "both are there" "$B $OTHER nvidia-65"$'\n'"$A $P4 nvidia-63" "$(state | tail -2)"
}

nvidia_attributes() {
    local file=$BUS/$A/nvidia/vgpu_params
    control reset "fail attribute $B EIO"
    same "an attribute is empty at first" "" "$(cat $file)"
    check "it can be written" write "frame_rate_limiter=0,disable_vnc=1"$'\n' $file
    same "and read again" "frame_rate_limiter=0,disable_vnc=1" "$(cat $file)"
    same "or fail" "Input/output error" "$(error write x $BUS/$B/nvidia/vgpu_params)"
    same "which is recorded" "write $A/nvidia/vgpu_params \"frame_rate_limiter=0,disable_vnc=1\"
write $B/nvidia/vgpu_params \"x\" (EIO)" "$(journal)"
    control "hang attribute *"
    write y $file &
    sleep 0.1
    check "a remove waits for a write that hangs" waits remove $A
    control "release $A"
    wait
    check "and ends after it" wait_until test ! -e $PCI/devices/$P4/$A
    remove $B
    same "all is as it was" "$boot" "$(state)"
}

# ---- NVIDIA's virtual functions ---------------------------------------------------------------

become() { write "$1" $PCI/devices/$VF/nvidia/current_vgpu_type; }

nvidia_vf() {
    local files=$PCI/devices/$VF/nvidia header="ID    : vGPU Name"
    control reset
    same "a function is no vGPU at first" 0 "$(cat $files/current_vgpu_type)"
    same "what it can become is listed" "$header
557   : NVIDIA L40S-1B
558   : NVIDIA L40S-2B
1145  : NVIDIA L40S-1Q
1151  : NVIDIA L40S-48Q" "$(cat $files/creatable_vgpu_types)"
    same "it cannot become anything else" "Invalid argument" "$(error become 559)"
    check "it becomes one" become 557
    same "which it then is" 557 "$(cat $files/current_vgpu_type)"
    same "and cannot become more" "$header" "$(cat $files/creatable_vgpu_types)"
    same "the state tells" "$VF vgpu 557" "$(state | grep vgpu)"
    same "it does not become another" "Device or resource busy" "$(error become 558)"
    check "only nothing" become 0
    same "all is recorded" "write $VF/nvidia/current_vgpu_type \"559\" (EINVAL)
write $VF/nvidia/current_vgpu_type \"557\"
write $VF/nvidia/current_vgpu_type \"558\" (EBUSY)
write $VF/nvidia/current_vgpu_type \"0\"" "$(journal)"
    control "fail vgpu $VF EIO 1"
    same "it fails as told" "Input/output error" "$(error become 557)"
    control "delay vgpu $VF 200"
    check "takes its time" takes 200 become 557
    control "hang vgpu *"
    become 0 &
    sleep 0.1
    check "or hangs, and reading with it" waits cat $files/current_vgpu_type
    control "release $VF"
    wait
    same "until released" 0 "$(cat $files/current_vgpu_type)"
    control reset "hang vgpu $VF"
    become 557 &
    sleep 0.1
    check "unbinding waits for a write that hangs" waits write $VF $PCI/drivers/nvidia/unbind
    control "release $VF"
    wait
    wait_until test ! -e $PCI/devices/$VF/driver
    check_fails "without its driver it is no vGPU" test -e $files
    write $VF $PCI/drivers/nvidia/bind
    same "nor with it again" "$boot" "$(state)"
}

# ---- what is none, and what is no PCI device ----------------------------------------------------

no_parent() {
    same "enable_gvt is as the machine has it" "$1" "$(cat /sys/module/i915/parameters/enable_gvt)"
    check "kvmgt can be loaded" modprobe kvmgt
    check "and there is a bus" test -d $BUS
    check_fails "but no parent" ls /sys/class/mdev_bus $device/mdev_supported_types
}

mtty() {
    same "a parent need not be of the PCI bus" /sys/devices/virtual/mtty/mtty "$(realpath /sys/class/mdev_bus/mtty)"
    same "a device may be there at boot" "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 mtty mtty-2" "$(state | tail -1)"
    same "and takes its share" "22 11" "$(available mtty)"
    same "nobody made it" "" "$(journal)"
    check_fails "a description may be missing" test -e "$(types_of mtty)/mtty-1/description"
    check "a device can be made" create $A mtty mtty-1
    check "and removed" remove $A
    same "all is as it was" "$boot" "$(state)"
    check "unloading the module removes the parent" modprobe -r mtty
    check_fails "and its directory" ls /sys/devices/virtual/mtty/mtty /sys/class/mdev_bus/mtty
}

case $MACHINE in
gvt)
    gvt_parent
    gvt_create
    gvt_remove
    gvt_slow
    gvt_failing
    gvt_end
    gvt_mdevctl
    ;;
vgpu)
    nvidia_mdev
    nvidia_attributes
    nvidia_vf
    ;;
no-gvt) no_parent Y ;;
gvt-off) no_parent N ;;
mtty) mtty ;;
esac
plan_done
