#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whatever fails, hangs or dies on the way, the host ends as it began.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine dl360

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
DRIVES=(0000:05:00.0 0000:08:00.0 0000:0b:00.0)
boot=$(state)
domain_xml win10 $UUID "${DRIVES[@]}" >/tmp/vm.xml
conf domains/win10.conf <<<$'[devices]\ntimeout = 3'

as_before() {
    same "$1: the host is as before" "$boot" "$(state)"
    same "$1: /run/hostdevctl is empty" "" "$(ls -A /run/hostdevctl)"
}

# fails_with SENTENCE PART
fails_with() {
    hook win10 prepare begin </tmp/vm.xml
    same "$1: exit 1" 1 "$hook_status"
    contains "$1: the message" "$2" "$hook_stderr"
    same "$1: one line" 1 "$(wc -l <<<"$hook_stderr")"
}

# The second of three.
control "fail bind:vfio-pci ${DRIVES[1]} EIO"
fails_with "a device that vfio-pci refuses" \
    "hostdevctl: ${DRIVES[1]} cannot be given to vfio-pci: Input/output error. The kernel log tells more"
control "reset"
as_before "a device that vfio-pci refuses"
control "fail override-write ${DRIVES[2]} EACCES 1"
fails_with "an override that cannot be set" \
    "hostdevctl: ${DRIVES[2]}: its driver_override cannot be set (Permission denied)"
control "reset"
as_before "an override that cannot be set"
control "fail override-read ${DRIVES[0]} EIO 1"
fails_with "an override that cannot be read" \
    "hostdevctl: driver_override of ${DRIVES[0]} cannot be read: Input/output error"
control "reset"
as_before "an override that cannot be read"
control "unload vfio_pci" "unload vfio_iommu_type1" "fail load vfio_pci ENOMEM"
fails_with "a module that does not load" "hostdevctl: module vfio_pci cannot be loaded: Cannot allocate memory"
control "reset"
as_before "a module that does not load"

# Slow devices are slow together.
for drive in "${DRIVES[@]}"; do control "delay unbind $drive 300"; done
check "three slow devices are taken" hook win10 prepare begin </tmp/vm.xml
check "side by side" test "$hook_time" -lt 800000
check "and given back" hook win10 release end </tmp/vm.xml
check "side by side, too" test "$hook_time" -lt 800000
control "reset"
as_before "slow devices"

# One that never returns: the deadline, an answer that names it, and the others as before.
control "hang unbind ${DRIVES[1]}" "unkillable on"
fails_with "a driver that never returns" "hostdevctl: taking ${DRIVES[1]} from nvme for the VM did not end in time: its driver is slow (then allow a longer timeout in /etc/hostdevctl), or hangs in the kernel. The kernel log may tell why"
check "within the deadline" test "$hook_time" -lt 3700000
same "the other devices are back" "nvme nvme" "$(driver_of "${DRIVES[0]}") $(driver_of "${DRIVES[2]}")"
check "the journal remembers the stuck one" test -e /run/hostdevctl/win10
hook win10 release end </tmp/vm.xml
check "release does not hang on it" test "$hook_time" -lt 3700000
control "release ${DRIVES[1]}" "reset" "unkillable off"
wait_until hook win10 release end </tmp/vm.xml
as_before "when the kernel let go, release"
control "hang override-read ${DRIVES[1]}"
fails_with "a device that does not answer" \
    "hostdevctl: ${DRIVES[1]} does not answer: its driver (nvme) is stuck in the kernel"
control "release ${DRIVES[1]}" "reset"
as_before "a device that does not answer"

# A hook that is killed: whoever comes next finishes.
kill_at() {
    control "delay $1 ${DRIVES[1]} 400"
    /etc/libvirt/hooks/qemu win10 prepare begin - </tmp/vm.xml &
    local pid=$!
    sleep 0.2
    kill -KILL $pid
    wait $pid 2>/dev/null
    same "killed during $1: it was still at work" 137 $?
    hook win10 release end </tmp/vm.xml
    same "killed during $1, then released: exit" 0 "$hook_status"
    control "reset"
    as_before "killed during $1, then released"
}
kill_at override-read
kill_at unbind
kill_at bind
kill_at override-write

/etc/libvirt/hooks/qemu win10 prepare begin - </tmp/vm.xml
control "delay unbind ${DRIVES[1]} 400"
/etc/libvirt/hooks/qemu win10 release end - </tmp/vm.xml &
pid=$!
sleep 0.2
kill -KILL $pid
wait $pid 2>/dev/null
same "a release is killed while it is at work" 137 $?
check "a release that was killed is finished by the next" hook win10 release end </tmp/vm.xml
control "reset"
as_before "a killed release"

# A daemon that dies while the hook prepares never calls release.
control "delay unbind ${DRIVES[1]} 400"
hook win10 prepare begin </tmp/vm.xml &
sleep 0.2
daemon_kill
wait $!
control "reset"
wait_until test ! -e /run/hostdevctl/win10
as_before "a daemon killed during prepare"

# What a driver answers is told as it is, also when it says that something is busy.
control "fail bind:vfio-pci ${DRIVES[1]} EBUSY"
fails_with "a device that vfio-pci finds busy" \
    "hostdevctl: ${DRIVES[1]} cannot be given to vfio-pci: Device or resource busy. The kernel log tells more"
control "reset"
as_before "a device that vfio-pci finds busy"

# An override that no driver has a name like.
write "foo/bar baz" $PCI/devices/"${DRIVES[1]}"/driver_override
odd=$(state)
check "a device with an odd override is taken" hook win10 prepare begin </tmp/vm.xml
check "and given back" hook win10 release end </tmp/vm.xml
same "with its odd override" "$odd" "$(state)"
write $'\n' $PCI/devices/"${DRIVES[1]}"/driver_override
as_before "an odd override"

# A log daemon that is stuck must not stop a VM's start.
mv /dev/log /dev/log.real
perl -MSocket -e '
    socket(my $daemon, AF_UNIX, SOCK_DGRAM, 0) or die;
    bind($daemon, pack_sockaddr_un("/dev/log")) or die;
    socket(my $client, AF_UNIX, SOCK_DGRAM, 0) or die;
    connect($client, pack_sockaddr_un("/dev/log")) or die;
    1 while send($client, "x", MSG_DONTWAIT);
    open(my $full, ">", "/run/log-is-full");
    sleep 60;
' &
stuck=$!
check "a log daemon is stuck" wait_until test -e /run/log-is-full
hook win10 prepare begin <<<"<garbage"
check "that does not hold up the hook" test "$hook_time" -lt 2000000
kill "$stuck"
mv /dev/log.real /dev/log

plan_done
