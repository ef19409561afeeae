#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The journal, on which the way back rests: torn, damaged, of another version, in the way, or fought
# over, it never costs a device.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine dl360

A=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
B=bbbbbbbb-0546-4c1c-96c7-1ffe204ae6ce
NVME=0000:05:00.0
OTHER=0000:08:00.0
RUN=/run/hostdevctl
boot=$(state)
domain_xml a $A $NVME >/tmp/a.xml
domain_xml a $A $OTHER >/tmp/a2.xml
domain_xml b $B $NVME >/tmp/b.xml
domain_xml c ${B//b/c} $OTHER >/tmp/c.xml

as_before() {
    same "$1: the host is as before" "$boot" "$(state)"
    same "$1: $RUN is empty" "" "$(ls -A $RUN)"
}

# A line that was never finished has not happened.
hook a prepare begin </tmp/a.xml
printf '{"steps":[{"step":"bind","dev' >>$RUN/a
check "reconnect after a torn line" hook a reconnect begin </tmp/a.xml
same "cuts the torn line off before it goes on" '{"daemon":{"pid"' "$(tail -n 1 $RUN/a | cut -c1-16)"
check "release after a torn line" hook a release end </tmp/a.xml
as_before "a torn line"

# Damage in the middle.
hook a prepare begin </tmp/a.xml
cp $RUN/a /run/good
sed -i '2s/.*/garbage/' $RUN/a
cp $RUN/a /run/damaged
qemu_start a 1
hook a reconnect begin </tmp/a.xml
same "a reconnect never fails over a damaged journal" 0 "$hook_status"
hook c prepare begin </tmp/c.xml
same "another VM is not started beside a running one of which nobody knows what it has" 1 "$hook_status"
contains "which is named" "the journal $RUN/a cannot be used" "$hook_stderr"
qemu_stop a
hook a release end </tmp/a.xml
same "a damaged journal is not obeyed" "1 vfio-pci" "$hook_status $(driver_of $NVME)"
contains "but set aside, and named" "the journal $RUN/a is damaged, and is set aside as .damaged-a" "$hook_stderr"
same "as it was" "$(cat /run/damaged)" "$(cat $RUN/.damaged-a)"
cp /run/damaged $RUN/a
check "another VM is started when the first does not run" hook c prepare begin </tmp/c.xml
hook c release end </tmp/c.xml
same "whose journal is set aside" .damaged-a "$(ls -A $RUN)"
contains "which is logged" "the journal $RUN/a is damaged, and is set aside" "$(syslog)"
cp /run/damaged $RUN/a
hook a prepare begin </tmp/a.xml
contains "its own VM is told, once" "the journal $RUN/a is damaged, and is set aside" "$hook_stderr"
rm $RUN/.damaged-a
cp /run/good $RUN/a

# Another version: its claims count, its steps are not touched.
sed -i '1s/"version":1/"version":7/; $s/.*/{"something":"new"}/' $RUN/a
hook b prepare begin </tmp/b.xml
same "a journal of another version holds its devices" 1 "$hook_status"
contains "and is named" "the journal $RUN/a cannot be used: a newer version of hostdevctl has written it" "$hook_stderr"
check "other devices are free" hook c prepare begin </tmp/c.xml
hook c release end </tmp/c.xml
hook a release end </tmp/a.xml
same "release does not touch what it does not understand" "1 vfio-pci" "$hook_status $(driver_of $NVME)"
cp /run/good $RUN/a
hook a release end </tmp/a.xml
as_before "a repaired journal"

# A copy that somebody made is no journal of anybody.
hook a prepare begin </tmp/a.xml
cp $RUN/a $RUN/a.bak
hook a release end </tmp/a.xml
hook b prepare begin </tmp/b.xml
same "a copy of a journal is not waited for" "1 true" "$hook_status $([ "$hook_time" -lt 2000000 ] && echo true)"
contains "but named" "the journal $RUN/a.bak cannot be used" "$hook_stderr"
rm $RUN/a.bak
as_before "a copy"

# Nor one that has another VM's name.
hook a prepare begin </tmp/a.xml
cp $RUN/a $RUN/b
hook b release end </tmp/b.xml
same "a journal under another VM's name is not obeyed" "1 vfio-pci" "$hook_status $(driver_of $NVME)"
contains "but named" "the journal $RUN/b cannot be used" "$hook_stderr"
rm $RUN/b
hook a release end </tmp/a.xml
as_before "another VM's name"

# A daemon that dies while it tells of a VM.
hook a prepare begin </tmp/a.xml
(
    (
        while [ "$(awk '{ print $4 }' /proc/$BASHPID/stat)" != 1 ]; do sleep 0.01; done
        exec /etc/libvirt/hooks/qemu a reconnect begin - </tmp/a.xml
    ) &
)
sleep 0.5
check "the journal can be read after a reconnect by a daemon that died" hook a release end </tmp/a.xml
as_before "a daemon dead at reconnect"

# Steps that make no sense are refused before anything is done.
hook a prepare begin </tmp/a.xml
for change in 's/"driver":"vfio-pci"/"driver":"..\/x"/' 's/"step":"bind"/"step":"format"/' \
    's/"device":"[^"]*"/"device":"nothing"/' 's/"was-driver":"nvme"/"was-driver":7/' 's/"id":"[^"]*",//'; do
    cp $RUN/a /run/good
    sed -i "$change" $RUN/a
    hook a release end </tmp/a.xml
    same "a step with $change is not obeyed" "1 vfio-pci vfio-pci" "$hook_status $(driver_of $NVME) $(override_of $NVME)"
    rm $RUN/.damaged-a
    cp /run/good $RUN/a
done
hook a release end </tmp/a.xml
as_before "senseless steps"

# A device that was replaced by another one meanwhile is none of ours.
hook a prepare begin </tmp/a.xml
sed -i 's/"id":"144d:a80a"/"id":"10de:13c2"/' $RUN/a
check "release after the card was replaced" hook a release end </tmp/a.xml
same "leaves the new one as it is" vfio-pci "$(driver_of $NVME)"
write nvme $PCI/devices/$NVME/driver_override
write $NVME $PCI/drivers/vfio-pci/unbind
write $NVME $PCI/drivers/nvme/bind
write $'\n' $PCI/devices/$NVME/driver_override
as_before "a replaced card"

# Two hooks for one VM, as when the daemon dies and its successor starts the VM at once.
mkdir -p $RUN
exec 7<$RUN
flock 7
/etc/libvirt/hooks/qemu a prepare begin - </tmp/a.xml 2>/run/first &
first=$!
/etc/libvirt/hooks/qemu a prepare begin - </tmp/a2.xml 2>/run/second &
second=$!
sleep 0.3
exec 7<&-
wait $first
first=$?
wait $second
second=$?
same "one of two hooks for one VM wins" 1 $((first + second))
contains "the other is told" "hostdevctl: another hook is at work for this VM: try again" "$(cat /run/first /run/second)"
same "one device is taken" 1 "$(state | grep -c vfio-pci)"
hook a release end </tmp/a.xml
as_before "two hooks for one VM"

# A release that was cut short is finished by whoever wants the device.
hook a prepare begin </tmp/a.xml
control "delay unbind $NVME 400"
/etc/libvirt/hooks/qemu a release end - </tmp/a.xml &
pid=$!
sleep 0.2
kill -KILL $pid
wait $pid 2>/dev/null
same "a release is killed" 137 $?
control reset
check "another VM gets the device all the same" hook b prepare begin </tmp/b.xml
same "it has it alone" b "$(ls -A $RUN)"
hook b release end </tmp/b.xml
as_before "a release cut short"

# One that cannot be finished is told as it is.
hook a prepare begin </tmp/a.xml
control "fail bind:nvme $NVME EIO"
hook a release end </tmp/a.xml
contains "a device that does not go back is named" "$NVME cannot be given back to its driver nvme: Input/output error" "$hook_stderr"
hook b prepare begin </tmp/b.xml
contains "to the next VM as well" "hostdevctl: VM a is gone, but what it had is not free: $NVME cannot be given back to its driver nvme: Input/output error" "$hook_stderr"
control reset
check "when the driver is well again, so is the next VM" hook b prepare begin </tmp/b.xml
hook b release end </tmp/b.xml
as_before "a device that did not go back"

# Who else could lock a device could keep every VM from starting.
check_fails "nobody but root can take the lock of a device" \
    setpriv --reuid 65534 --regid 65534 --clear-groups flock --nonblock $PCI/devices/$NVME/remove true
(
    exec 9<"$PCI/devices/$NVME"
    flock 9
    hook a prepare begin </tmp/a.xml
    same "a lock that anybody can take keeps nobody waiting" "0 true" "$hook_status $([ "$hook_time" -lt 2000000 ] && echo true)"
    echo "$tests $failures" >/run/counts
)
read -r tests failures </run/counts
hook a release end </tmp/a.xml

# No room for a journal: no start, and nothing done.
mount -t tmpfs -o size=4k,mode=0700 tmpfs $RUN
cat /dev/zero >$RUN/.filler 2>/dev/null
hook a prepare begin </tmp/a.xml
same "with no room in /run nothing starts" 1 "$hook_status"
contains "and that is said" "hostdevctl: no journal can be written in $RUN: No space left on device" "$hook_stderr"
same "the host is untouched" "$boot" "$(state)"
umount $RUN
as_before "the end"

plan_done
