#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl detach and attach: devices leave the host by hand, stay away whatever VMs do with them
# meanwhile, and come back exactly as they were.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine desktop

A=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
B=bbbbbbbb-0546-4c1c-96c7-1ffe204ae6ce
GPU=0000:01:00.0
SOUND=0000:01:00.1
NIC=0000:00:1f.6
NVME=0000:04:00.0
RUN=/run/hostdevctl
boot=$(state)

check 'the machine has names' \
    hwdb 8086=Maker '8086:*=Thing' 10DE=Maker '10DE:*=Thing' 144D=Maker '144D:*=Thing'

line() { state | grep "^$1"; }
by_hand() { printf 'by-hand\\x2f%s\n' "$1"; }
as_before() {
    same "$1: the host is as before" "$boot" "$(state)"
    same "$1: $RUN is empty" "" "$(ls -A $RUN 2>&1)"
}

domain_xml a $A $NIC >/tmp/a.xml
domain_xml b $B $NIC:no >/tmp/b.xml

# There and back.
tool 0 "a device is detached" \
    "$NIC (Maker Thing) is detached: VMs can have it, until 'hostdevctl attach $NIC'." detach 00:1f.6
same "it is on vfio-pci" "$NIC vfio-pci vfio-pci 9" "$(line $NIC)"
same "and has a journal of its own" "$(by_hand $NIC)" "$(ls -A $RUN)"
same "of a version that programs before this refuse" '{"version":2,"domain":"by-hand/0000:00:1f.6"' \
    "$(head -n 1 "$RUN/$(by_hand $NIC)" | cut -d , -f 1,2)"
tool 0 "once more changes nothing" "$NIC (Maker Thing) is detached already." detach $NIC
tool 0 "and is attached" "$NIC (Maker Thing) is back with the host, with e1000e." attach $NIC
as_before "there and back"
tool 0 "a device that the host has is not attached again" \
    "$NIC (Maker Thing) is not detached: the host has it, with e1000e." attach $NIC
as_before "nothing to do"

# VMs meanwhile.
hostdevctl detach $NIC >/dev/null
detached=$(state)
for vm in a b; do
    check "VM $vm starts with a detached device" start_vm /tmp/$vm.xml $vm
    same "which stays where it is" "$detached" "$(state)"
    tool 1 "one that VM $vm has is not attached" \
        "hostdevctl: $NIC (Maker Thing) is in use by VM $vm: shut that VM down first" attach $NIC
    tool 0 "nor detached again" "$NIC (Maker Thing) is detached already." detach $NIC
    stop_vm /tmp/$vm.xml $vm
    same "VM $vm ends, and it stays detached" "$detached" "$(state)"
done
check "it can be taken by a VM after an attach that was refused" start_vm /tmp/a.xml a
daemon_kill
check "a VM that is gone is in nobody's way" start_vm /tmp/b.xml b
stop_vm /tmp/b.xml b
same "what is detached is not given back with it" "$detached $(by_hand $NIC)" "$(state) $(ls -A $RUN)"
tool 0 "then it is attached" "$NIC (Maker Thing) is back with the host, with e1000e." attach $NIC
as_before "VMs meanwhile"

# One that a VM has already.
start_vm /tmp/a.xml a
tool 1 "a device that a VM has is not detached" \
    "hostdevctl: $NIC (Maker Thing) is in use by VM a: shut that VM down first" detach $NIC
same "the VM's is the only journal" a "$(ls -A $RUN)"
stop_vm /tmp/a.xml a
as_before "one that a VM has"

# Groups.
tool 1 "half a group is refused" \
    "hostdevctl: $SOUND (Maker Thing) shares IOMMU group 1 with $GPU (Maker Thing), and no VM can have the one without the other: detach both, or say --iommu-group" \
    detach $GPU
as_before "half a group"
tool 0 "both together are taken" \
    "$GPU (Maker Thing) is detached: VMs can have it, until 'hostdevctl attach $GPU'.
$SOUND (Maker Thing) is detached: VMs can have it, until 'hostdevctl attach $SOUND'." detach $SOUND $GPU
hostdevctl attach $SOUND >/dev/null
same "one of them can be attached alone" "$GPU vfio-pci $SOUND snd_hda_intel" \
    "$GPU $(driver_of $GPU) $SOUND $(driver_of $SOUND)"
hostdevctl attach $GPU >/dev/null
as_before "both"
tool 0 "a group is taken along" \
    "$GPU (Maker Thing) is detached: VMs can have it, until 'hostdevctl attach $GPU'.
$SOUND (Maker Thing) is detached: VMs can have it, until 'hostdevctl attach $SOUND'." detach --iommu-group $GPU
tool 0 "and brought back along" \
    "$GPU (Maker Thing) is back with the host, with nouveau.
$SOUND (Maker Thing) is back with the host, with snd_hda_intel." attach $GPU --iommu-group
as_before "a group"

# All or none.
control "fail bind:vfio-pci $SOUND EIO"
hostdevctl detach $GPU $SOUND $NIC >/tmp/out 2>&1
same "one that cannot be taken: exit 1" 1 $?
contains "and it is named" "$SOUND cannot be given to vfio-pci" "$(cat /tmp/out)"
control reset
as_before "one that cannot be taken"
control "hang unbind $SOUND"
hostdevctl detach $GPU $SOUND $NIC >/tmp/out 2>&1
same "a driver that hangs: exit 1" 1 $?
same "the others are back" "nouveau e1000e" "$(driver_of $GPU) $(driver_of $NIC)"
control "release $SOUND" reset
wait_until hostdevctl attach $SOUND
as_before "a driver that hangs"

# What is no device for a VM.
tool 1 "what the host shows its picture on is refused" \
    "hostdevctl: 0000:00:02.0 (Maker Thing) shows the picture that the host booted with, and stays with the host" detach 00:02.0
tool 1 "a bridge is refused" "hostdevctl: 0000:00:01.0 (Maker Thing) is a PCI bridge, which stays with the host" detach 00:01.0
tool 1 "what is not there is refused" \
    "hostdevctl: there is no PCI device at 0000:77:00.0: 'hostdevctl list' shows what is there" detach 77:00.0
tool 1 "so it is when it shall be attached" \
    "hostdevctl: there is no PCI device at 0000:77:00.0: 'hostdevctl list' shows what is there" attach 77:00.0
tool 2 "what is no address is not understood" \
    "hostdevctl: detach: 'x' is no PCI address: expected something like 01:00.0 or 0000:01:00.0, as lspci prints it" detach x
tool 2 "and without a device nothing is done" \
    "hostdevctl: attach: which device? For example: hostdevctl attach 05:00.0 ('hostdevctl list' shows them)" attach
tool 1 "a driver that is not there is refused" \
    "hostdevctl: $NIC (Maker Thing) cannot be given to driver nothing: the running kernel has no such driver" detach --driver nothing $NIC
as_before "refused"

# Killed half-way.
domain_xml c ${B//b/c} $NVME >/tmp/c.xml
for next in attach detach vm recover; do
    control "delay unbind $NVME 1500"
    hostdevctl detach $NVME >/dev/null 2>&1 &
    pid=$!
    wait_until grep -q unbind /sys/.sim/log
    kill -KILL $pid
    wait $pid 2>/dev/null
    control reset
    case $next in
    attach) check "a detach that was killed: attach finishes it" hostdevctl attach $NVME ;;
    recover) check "a detach that was killed: recover finishes it" hostdevctl recover ;;
    detach)
        check "a detach that was killed: another one does it anew" hostdevctl detach $NVME
        same "as if it had been the first" vfio-pci "$(driver_of $NVME)"
        check "and attach gives it back" hostdevctl attach $NVME
        ;;
    vm)
        check "a detach that was killed: a VM has the device all the same" start_vm /tmp/c.xml c
        same "for itself" "c" "$(ls -A $RUN)"
        stop_vm /tmp/c.xml c
        ;;
    esac
    as_before "killed, then $next"
done
hostdevctl detach $NVME >/dev/null
control "delay unbind $NVME 1500"
hostdevctl attach $NVME >/dev/null 2>&1 &
pid=$!
wait_until grep -q "unbind $NVME vfio-pci" /sys/.sim/log
tool 1 "while it is being attached" \
    "hostdevctl: $NVME is being detached or given back at this moment: try again" detach $NVME
kill -KILL $pid
wait $pid 2>/dev/null
control reset
check "an attach that was killed is finished by the next" hostdevctl attach $NVME
as_before "an attach that was killed"

# Not by hostdevctl.
write vfio-pci $PCI/devices/$NIC/driver_override
write $NIC $PCI/drivers/e1000e/unbind
write $NIC $PCI/drivers/vfio-pci/bind
tool 0 "a device that is on vfio-pci otherwise is left there" \
    "$NIC (Maker Thing) is with a VFIO driver already, and not by 'hostdevctl detach': left as it is." detach $NIC
same "without a journal" "" "$(ls -A $RUN)"
conf early.d/nic.conf <<<"[device $NIC]"
tool 0 "attach gives it to the kernel's choice, and tells what happens at the next boot" \
    "$NIC (Maker Thing) is back with the host, with e1000e.
hostdevctl: warning: $NIC will be reserved again at the next boot, by [device $NIC] in nic.conf: 'hostdevctl early remove $NIC' ends that" attach $NIC
rm -r /etc/hostdevctl/early.d
as_before "not by hostdevctl"

# A device that is pulled out.
hostdevctl detach $NVME >/dev/null
control "unplug $NVME"
tool 0 "a device that was pulled out is attached without a word" \
    "$NVME is gone: there is nothing to give back." attach $NVME
same "and leaves no journal" "" "$(ls -A $RUN)"
control "plug $NVME"

# A program that does not know such journals reads the head, and takes what it claims for claimed.
hostdevctl detach $NIC >/dev/null
sed -i '1s/"version":2/"version":3/' "$RUN/$(by_hand $NIC)"
hook a prepare begin </tmp/a.xml
contains "a program that is older refuses" "cannot be used: a newer version of hostdevctl has written it" "$hook_stderr"
same "and touches nothing" vfio-pci "$(driver_of $NIC)"
sed -i '1s/"version":3/"version":2/' "$RUN/$(by_hand $NIC)"
check "this one obeys it" hostdevctl attach $NIC
as_before "another version"

# Others than root.
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
    for verb in detach attach; do
        same "others than root cannot $verb" "hostdevctl: only root can do this: sudo hostdevctl $verb" \
            "$(setpriv --reuid 65534 --clear-groups hostdevctl $verb $NIC 2>&1)"
    done
else
    skip "others than root cannot detach" "this world has one user"
fi
plan_done
