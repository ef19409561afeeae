#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A mediated device is there exactly while its VM runs, wherever its type comes from, and the host is
# as it was afterwards, also when the kernel refuses, or is slow.
# The functions at the end are called by the machine's name.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317,SC2086
. "$(dirname "$0")/../lib.sh"
machine gvt vgpu

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
FIRST=0b1ae2a5-35a6-4d26-8c2c-9c1a0c4f5a11 SECOND=6ad0c9c3-3d3b-4a8e-9f0e-5f9ed2a5d0b7
gpu=0000:00:02.0
boot=$(state)

# vm UUID...: the VM win10 with these mediated devices, in /tmp/vm.xml; with $metadata.
vm() { vm_named win10 11111111-2222-3333-4444-555555555555 "$@" >/tmp/vm.xml; }

vm_named() {
    local name=$1 own=$2 uuid
    shift 2
    DOMAIN_DEVICES=$(
        for uuid in "$@"; do
            echo "<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' display='on'>
                    <source><address uuid='$uuid'/></source>
                  </hostdev>"
        done
    )
    domain_xml "$name" "$own" ${with:-} | sed "s|<name>|<metadata>${metadata:-}</metadata><name>|"
}

# The mediated devices there are, a line each: UUID PARENT TYPE.
mdevs() { state | grep -E '^[0-9a-f]{8}-'; }

# lives SENTENCE EXPECTED: a whole life of /tmp/vm.xml; while it runs the mediated devices are these.
lives() {
    check "$1: starts" start_vm /tmp/vm.xml win10
    same "$1: what is there meanwhile" "$2" "$(mdevs)"
    stop_vm /tmp/vm.xml win10
    same "$1: release" "0 " "$hook_status $hook_stderr"
    same "$1: the host is as it was" "$boot" "$(state)"
    same "$1: no journal is left" "" "$(ls -A /run/hostdevctl)"
}

on_gvt() {
    control 'clear-log'
    conf domains/win10.conf <<<"[mdev $UUID]
parent = $gpu
type = i915-GVTg_V5_4"
    vm $UUID
    lives "the configuration of the manual" "$UUID $gpu i915-GVTg_V5_4"
    same "kvmgt was loaded for it" "load mdev
load kvmgt
create $UUID $gpu i915-GVTg_V5_4
remove $UUID $gpu i915-GVTg_V5_4" "$(journal | grep -v vfio$)"

    # Where the type comes from.
    rm /etc/hostdevctl/domains/win10.conf
    conf hostdevctl.conf <<<"[mdev]
type = i915-GVTg_V5_8"
    lives "defaults" "$UUID $gpu i915-GVTg_V5_8"
    metadata="<h:domain xmlns:h='urn:hostdevctl:domain:1.0'><h:mdev type='i915-GVTg_V5_2'/></h:domain>"
    vm $UUID
    lives "metadata before defaults" "$UUID $gpu i915-GVTg_V5_2"
    mkdir -p /etc/mdevctl.d/$gpu
    echo '{"mdev_type": "i915-GVTg_V5_1", "start": "manual", "attrs": []}' >/etc/mdevctl.d/$gpu/$UUID
    lives "mdevctl before metadata" "$UUID $gpu i915-GVTg_V5_1"
    conf domains/win10.conf <<<"[mdev ${UUID^^}]
type = i915-GVTg_V5_4"
    lives "[mdev UUID] before mdevctl" "$UUID $gpu i915-GVTg_V5_4"
    rm -r /etc/mdevctl.d/$gpu /etc/hostdevctl/domains/win10.conf
    metadata=

    # Several, and a PCI device beside them.
    with="0000:01:00.0 0000:01:00.1" vm $UUID $FIRST $SECOND
    lives "three, and a PCI device" "$(printf '%s i915-GVTg_V5_8\n' \
        "$FIRST $gpu" "$SECOND $gpu" "$UUID $gpu")"

    # What is there already.
    echo $UUID >/sys/class/mdev_bus/$gpu/mdev_supported_types/i915-GVTg_V5_8/create
    boot=$(state)
    vm $UUID $FIRST
    lives "one that exists is used, and stays" "$(printf '%s i915-GVTg_V5_8\n' \
        "$FIRST $gpu" "$UUID $gpu")"
    rm /etc/hostdevctl/hostdevctl.conf
    vm $UUID
    lives "and needs no configuration" "$UUID $gpu i915-GVTg_V5_8"
    echo 1 >/sys/bus/mdev/devices/$UUID/remove
    boot=$(state)

    failures_on_gvt
}

# What goes wrong while it is created or removed.
failures_on_gvt() {
    conf hostdevctl.conf <<<"[devices]
timeout = 3
[mdev]
type = i915-GVTg_V5_4"
    vm $FIRST $SECOND
    control "fail create $SECOND EIO"
    check_fails "the driver refuses the second of two: no start" start_vm /tmp/vm.xml win10
    same "the message" \
        "hostdevctl: mediated device $SECOND (i915-GVTg_V5_4) cannot be created on $gpu: Input/output error. The kernel log tells more" \
        "$hook_stderr"
    same "the first is gone, too" "$boot" "$(state)"
    control reset

    control "fail create $UUID EEXIST"
    vm $UUID
    check_fails "the kernel says that it exists, and it does not: no start" start_vm /tmp/vm.xml win10
    contains "the message" "$UUID (i915-GVTg_V5_4) cannot be created on $gpu: File exists" "$hook_stderr"
    same "the host is as it was" "$boot" "$(state)"
    control reset

    # Several at once on one slow parent: none takes the others for stuck.
    conf hostdevctl.conf <<<"[devices]
timeout = 15
[mdev]
type = i915-GVTg_V5_8"
    vm $UUID $FIRST $SECOND
    control "delay create $gpu 1200"
    lives "three on a slow parent" "$(printf '%s i915-GVTg_V5_8\n' "$FIRST $gpu" "$SECOND $gpu" \
        "$UUID $gpu")"
    control reset
    conf hostdevctl.conf <<<"[devices]
timeout = 3
[mdev]
type = i915-GVTg_V5_4"

    # Instances of a VM that is gone.
    conf domains/other.conf <<<"[mdev]
type = i915-GVTg_V5_1"
    vm_named other 11111111-2222-3333-4444-666666666666 $FIRST >/tmp/other.xml
    start_vm /tmp/other.xml other
    daemon_kill
    vm $UUID
    lives "the last instance, of a VM that is gone" "$UUID $gpu i915-GVTg_V5_4"
    rm /etc/hostdevctl/domains/other.conf

    control "hang create $UUID"
    check_fails "the driver hangs in create: no start" start_vm /tmp/vm.xml win10
    contains "the message names the device" "creating mediated device $UUID (i915-GVTg_V5_4) on $gpu did not end in time" "$hook_stderr"
    check_fails "once" grep -q "Besides" <<<"$hook_stderr"
    check "in time" test "$hook_time" -lt 4000000
    check_fails "it still hangs: no start" start_vm /tmp/vm.xml win10
    contains "the message names the device" "$UUID" "$hook_stderr"
    control "release $UUID" reset
    check "it goes on: the VM starts" wait_until start_vm /tmp/vm.xml win10
    same "with its device" "$UUID $gpu i915-GVTg_V5_4" "$(mdevs)"
    stop_vm /tmp/vm.xml win10

    with=0000:02:00.0 vm $UUID
    check "a VM with a drive as well starts" start_vm /tmp/vm.xml win10
    control "hang remove $UUID"
    stop_vm /tmp/vm.xml win10
    same "the driver hangs in remove: release fails" 1 "$hook_status"
    contains "the message names the device" "removing mediated device $UUID (i915-GVTg_V5_4) from $gpu did not end in time" "$hook_stderr"
    same "the drive goes back all the same" nvme "$(driver_of 0000:02:00.0)"
    check_fails "no start while it hangs" start_vm /tmp/vm.xml win10
    contains "the message names the device" "$UUID is still being created or removed" "$hook_stderr"
    control "release $UUID" reset
    check "it goes on: the VM starts" wait_until start_vm /tmp/vm.xml win10
    stop_vm /tmp/vm.xml win10
    same "the host is as it was" "$boot" "$(state)"

    # A crashed hook: everything from here on is in the journal.
    start_vm /tmp/vm.xml win10
    daemon_kill
    check "after a crash of libvirtd the VM can be started again" start_vm /tmp/vm.xml win10
    same "with one device" "$UUID $gpu i915-GVTg_V5_4" "$(mdevs)"
    stop_vm /tmp/vm.xml win10
    same "the host is as it was" "$boot" "$(state)"
    same "no journal is left" "" "$(ls -A /run/hostdevctl)"

    # Somebody else's hand.
    start_vm /tmp/vm.xml win10
    echo 1 >/sys/bus/mdev/devices/$UUID/remove
    stop_vm /tmp/vm.xml win10
    same "removed by hand meanwhile: release is content" "0 " "$hook_status $hook_stderr"
    start_vm /tmp/vm.xml win10
    echo 1 >/sys/bus/mdev/devices/$UUID/remove
    echo $UUID >/sys/class/mdev_bus/$gpu/mdev_supported_types/i915-GVTg_V5_8/create
    stop_vm /tmp/vm.xml win10
    same "made anew with another type: it is left" "$UUID $gpu i915-GVTg_V5_8" "$(mdevs)"
    contains "and logged" "is a i915-GVTg_V5_8 on $gpu by now" "$(syslog)"
    echo 1 >/sys/bus/mdev/devices/$UUID/remove
    same "the host is as it was" "$boot" "$(state)"
}

on_vgpu() {
    conf hostdevctl.conf <<<"[mdev]
type = nvidia-65
attr.nvidia/vgpu_params = frame_rate_limiter=0"
    # The emptiest parent, then the next.
    echo $FIRST >/sys/class/mdev_bus/0000:3b:00.0/mdev_supported_types/nvidia-65/create
    boot=$(state)
    vm $UUID
    lives "the emptiest parent" "$(printf '%s nvidia-65\n' "$FIRST 0000:3b:00.0" \
        "$UUID 0000:86:00.0")"
    echo 1 >/sys/bus/mdev/devices/$FIRST/remove
    boot=$(state)
    vm $UUID $FIRST $SECOND
    lives "three are spread over two parents" "$(printf '%s nvidia-65\n' "$FIRST 0000:86:00.0" \
        "$SECOND 0000:3b:00.0" "$UUID 0000:3b:00.0")"
    with=0000:87:00.0 vm $UUID
    lives "the parent on the node of another device of the VM" "$UUID 0000:86:00.0 nvidia-65"
    vm $UUID
    sed -i "s|<name>|<numatune><memory mode='strict' nodeset='1'/></numatune><name>|" /tmp/vm.xml
    lives "the parent on the node of the VM's memory" "$UUID 0000:86:00.0 nvidia-65"

    # Attributes, in order.
    control clear-log
    conf domains/win10.conf <<<"[mdev $UUID]
attr.nvidia/vgpu_params = a=1
attr.nvidia/vgpu_params = b=2, c"
    vm $UUID
    lives "attributes" "$UUID 0000:3b:00.0 nvidia-65"
    same "written in order, those of the source first" "create $UUID 0000:3b:00.0 nvidia-65
write $UUID/nvidia/vgpu_params \"frame_rate_limiter=0\"
write $UUID/nvidia/vgpu_params \"a=1\"
write $UUID/nvidia/vgpu_params \"b=2, c\"
remove $UUID 0000:3b:00.0 nvidia-65" "$(journal)"
    control "fail attribute $UUID EINVAL"
    check_fails "an attribute that is refused: no start" start_vm /tmp/vm.xml win10
    contains "the message names it" \
        "attribute nvidia/vgpu_params of mediated device $UUID cannot be set to 'frame_rate_limiter=0'" \
        "$hook_stderr"
    same "the host is as it was" "$boot" "$(state)"
    control reset
    rm /etc/hostdevctl/domains/win10.conf

    # Quicker than the plan: the first parent has just been filled up.
    control "fail create 0000:3b:00.0 ENOSPC"
    lives "the next parent when the first is full by now" "$UUID 0000:86:00.0 nvidia-65"
    control reset
    with_mdevctl
}

with_mdevctl() {
    if ! [ -x /usr/sbin/mdevctl ] && ! [ -x /usr/bin/mdevctl ]; then
        skip "definitions with scripts" "there is no mdevctl"
        return
    fi
    mkdir -p /etc/mdevctl.d/0000:86:00.0 /etc/mdevctl.d/scripts.d/callouts
    echo '{"mdev_type": "nvidia-64", "start": "manual",
           "attrs": [{"nvidia/vgpu_params": "a=1"}]}' >/etc/mdevctl.d/0000:86:00.0/$UUID
    control clear-log
    lives "mdevctl's definition" "$UUID 0000:86:00.0 nvidia-64"
    contains "its attributes are written" "write $UUID/nvidia/vgpu_params \"a=1\"" "$(journal)"
    cat >/etc/mdevctl.d/scripts.d/callouts/note.sh <<'END'
#!/bin/sh
cat >/dev/null
echo "$@" >>/run/callouts
END
    chmod 755 /etc/mdevctl.d/scripts.d/callouts/note.sh
    check "a definition with scripts: starts" start_vm /tmp/vm.xml win10
    same "the device is there" "$UUID 0000:86:00.0 nvidia-64" "$(mdevs)"
    contains "its script was called before" "-e pre -a start" "$(cat /run/callouts)"
    contains "and after" "-e post -a start" "$(cat /run/callouts)"
    stop_vm /tmp/vm.xml win10
    same "release" "0 " "$hook_status $hook_stderr"
    contains "and when it stopped" "-e post -a stop" "$(cat /run/callouts)"
    same "the host is as it was" "$boot" "$(state)"
    printf '#!/bin/sh\ncat >/dev/null\necho no licence >&2\nexit 1\n' >/etc/mdevctl.d/scripts.d/callouts/note.sh
    check_fails "a script that refuses: no start" start_vm /tmp/vm.xml win10
    contains "the message is mdevctl's" "mdevctl failed: " "$hook_stderr"
    same "the host is as it was" "$boot" "$(state)"
}

"on_$MACHINE"
plan_done
