#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl recover: what a crash has left is given back, and told device by device; what a VM has that
# runs is left alone.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317,SC2119
. "$(dirname "$0")/../lib.sh"
machine faults

RUN=/run/hostdevctl
MDEV=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
UUID=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
GPU=0000:01:00.0
DRIVE=0000:02:00.0

# vm NAME LETTER HOSTDEV...: its XML in /tmp/NAME.xml.
vm() {
    local name=$1 uuid=${UUID//a/$2}
    shift 2
    domain_xml "$name" "$uuid" "$@" | sed "s|<memory .*|${memory:-<memory unit='MiB'>16</memory>}|;
        s|<vcpu.*|<vcpu>1</vcpu>|" >"/tmp/$name.xml"
}

# all_back SENTENCE
all_back() {
    same "$1: the host is as before" "" "$(diff <(echo "$start") <(host))"
    same "$1: nothing is left in /run" "" "$(ls -A $RUN; ls -A /run/systemd/system.control 2>/dev/null)"
}

# What neither systemd nor the kernel takes back (see sweep-host.c).
host() { state | sed "/^cgroup \/ /d; s/^\(cgroup .*\) cpus=\(0-3\)\? mems= partition=member/\1/"; }
prepare() { hook "$1" prepare begin </tmp/"$1".xml; }
release() { hook "$1" release end </tmp/"$1".xml; }

nothing='No VM has left anything: there is nothing to recover.'
drive_back="  done    giving $DRIVE (Samsung 970 EVO) back to nvme"

check 'the machine has names' \
    hwdb 144D=Samsung 144D:A808='970 EVO' 10DE=NVIDIA 10DE:1C20=GP106M
systemd_start 2>/dev/null
conf hostdevctl.conf <<<"[devices]
timeout = 4
[mdev]
type = i915-GVTg_V5_4"
conf domains/full.conf <<<"[cpu]
pin = auto
isolate = yes
irq = move
governor = performance
pm-qos = 10
[memory]
hugepages = reserve"
huge="<memory unit='MiB'>16</memory><memoryBacking><hugepages/></memoryBacking>"
mdev="<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>
    <source><address uuid='$MDEV'/></source></hostdev>"
DOMAIN_DEVICES=$mdev memory=$huge vm full a $GPU $DRIVE:no
DOMAIN_DEVICES=$mdev vm heir d
vm plain b $DRIVE
vm other c $GPU
prepare full && release full
start=$(host)

# ---- how it is called ------------------------------------------------------------------------------

tool 2 'one VM at a time' \
    'hostdevctl: recover takes one VM, or none for all: hostdevctl recover --help' recover a b
check 'its help fits a screen' \
    awk 'length > 80 || NR > 24 { bad = 1 } END { exit bad || NR < 3 }' <(hostdevctl recover --help)
same 'only root can do it' \
    '1 hostdevctl: only root can do this: sudo hostdevctl recover' \
    "$(setpriv --reuid 65534 --regid 65534 --clear-groups hostdevctl recover 2>&1 >/dev/null | (read -r said; echo "1 $said"))"
tool 0 'where nothing was left that is said' "$nothing" recover
tool 0 'and of one VM' 'That VM holds nothing: there is nothing to recover.' recover full
rmdir $RUN
tool 0 'no VM was ever there' "$nothing" recover

# ---- QEMU and libvirtd are gone --------------------------------------------------------------------

prepare full
qemu_start full 1
tool 0 'a VM that runs is left alone' 'VM full runs: left alone.' recover
same 'with its devices' "vfio-pci vfio-pci" "$(driver_of $GPU) $(driver_of $DRIVE)"
qemu_stop full
tool 0 'one that its daemon answers for, too' 'VM full is being started or stopped by libvirt: left alone.' recover
daemon_kill
contains 'where both are gone the list tells' 'VM full (gone)' "$(hostdevctl list $DRIVE)"
contains 'for scripts, too' '"holder-gone":true' "$(hostdevctl list --json $DRIVE | tr -d ' \n')"
tool 0 'when both are gone all is given back' "VM full is gone; giving back what it had:
  done    letting other VMs run on the CPUs of VM full again
  done    letting CPUs 1 sleep again
  done    restoring the frequency governor of CPUs 1
  done    giving CPUs 1 back to interrupts
  done    giving CPUs 1 back to the host's tasks
  done    removing mediated device $MDEV (i915-GVTg_V5_4) from 0000:00:02.0
  done    giving $GPU (NVIDIA GP106M) back to nouveau
$drive_back
  done    giving back 8 huge pages of 2 MiB" recover
all_back 'both gone'

# ---- the hook is killed at any moment --------------------------------------------------------------

# killed OPERATION MOMENT: the hook and its workers are, when so many milliseconds of it are over.
killed() {
    "$BUILD/tests/sim-libvirtd" /etc/libvirt/hooks/qemu full "$1" begin - </tmp/full.xml >/dev/null 2>&1 &
    local daemon=$!
    sleep "0.$2"
    pkill -KILL -P $daemon 2>/dev/null
    kill -KILL $daemon 2>/dev/null
    wait $daemon 2>/dev/null
    pkill -KILL -x hostdevctl-hook
    wait_until no_hook
}
no_hook() { ! pgrep -x 'qemu|hostdevctl-hook'; }

wrong=
for moment in 005 010 015 020 025 030 040 050 060 080 100 150; do
    killed prepare $moment
    said=$(hostdevctl recover full 2>&1) || wrong+="$moment: $said "
    [ "$start" = "$(host)" ] && [ -z "$(ls -A $RUN)" ] || wrong+="$moment: $(diff <(echo "$start") <(host)) $(ls -A $RUN) "
done
same 'a start that is killed at any moment is undone' '' "$wrong"
wrong=
for moment in 005 010 015 020 030 040 060 080 100; do
    prepare full
    daemon_kill
    killed release $moment
    said=$(hostdevctl recover 2>&1) || wrong+="$moment: $said "
    [ "$start" = "$(host)" ] && [ -z "$(ls -A $RUN)" ] || wrong+="$moment: $(diff <(echo "$start") <(host)) $(ls -A $RUN) "
done
same 'a release that is killed at any moment is finished' '' "$wrong"

# ---- two VMs ---------------------------------------------------------------------------------------

prepare plain
prepare other
qemu_start other 1
daemon_kill
tool 0 'of two VMs the one that is gone' "VM other runs: left alone.
VM plain is gone; giving back what it had:
$drive_back" recover
same 'the other keeps what it has' vfio-pci "$(driver_of $GPU)"
qemu_stop other
tool 0 'and another one is not asked for' 'That VM holds nothing: there is nothing to recover.' recover plain
same 'nor touched' vfio-pci "$(driver_of $GPU)"
tool 0 'a VM by its name' "VM other is gone; giving back what it had:
  done    giving $GPU (NVIDIA GP106M) back to nouveau" recover other
all_back 'two VMs'

# ---- a hook at work --------------------------------------------------------------------------------

prepare plain
daemon_kill
exec 8<$RUN/plain
flock 8
tool 1 'one that a hook has in hand is left to it' \
    "hostdevctl: VM plain is just being started or stopped: a hook is at work for it. If that hangs, the kernel log may tell why; then try again
hostdevctl: not all is as it was before: see above, and try again" recover
exec 8<&-
tool 0 'and when that has ended it is not' "VM plain is gone; giving back what it had:
$drive_back" recover
all_back 'a hook at work'

# ---- a driver that fails, and one that hangs -------------------------------------------------------

prepare plain
daemon_kill
control "fail bind:nvme $DRIVE EIO"
tool 1 'what does not go back is named' "VM plain is gone; giving back what it had:
  FAILED  giving $DRIVE (Samsung 970 EVO) back to nvme
hostdevctl: VM plain: $DRIVE cannot be given back to its driver nvme: Input/output error. The kernel log tells more
hostdevctl: not all is as it was before: see above, and try again" recover
control reset
tool 0 'when the driver is well again it does' "VM plain is gone; giving back what it had:
$drive_back" recover
all_back 'a driver that failed'

prepare full
daemon_kill
control "hang unbind $DRIVE" 'unkillable on'
said=$(hostdevctl recover 2>&1)
same 'a driver that hangs does not hang the tool' 1 $?
contains 'the device is named' "  FAILED  giving $DRIVE (Samsung 970 EVO) back to nvme
hostdevctl: VM full: giving $DRIVE back to nvme did not end in time" "$said"
contains 'others are given back' "  done    giving $GPU (NVIDIA GP106M) back to nouveau" "$said"
said=$(hostdevctl recover 2>&1)
contains 'as long as it hangs it is named again' \
    "hostdevctl: VM full: giving $DRIVE back to nvme has to wait for an earlier attempt, which hangs in the kernel" "$said"
control "release $DRIVE" 'unkillable off'
tool_said() { hostdevctl recover; }
check 'when the kernel has let go all is given back' wait_until tool_said
control reset
all_back 'a driver that hung'

# ---- journals that are none ------------------------------------------------------------------------

prepare plain
daemon_kill
cp $RUN/plain /run/good
sed -i '2s/.*/garbage/' $RUN/plain
tool 1 'a damaged journal is set aside, and what it names shown' \
    "hostdevctl: VM plain: the journal $RUN/plain is damaged, and is set aside as .damaged-plain. Devices of its VM may not have been given back: look at those that it names, then remove it
It names, as far as it can be read:
  $DRIVE (Samsung 970 EVO): on vfio-pci now
When all of these are as they should be: hostdevctl recover --forget plain
hostdevctl: not all is as it was before: see above, and try again" recover
tool 1 'as long as it is there' "hostdevctl: VM plain: its journal was damaged, and is set aside as $RUN/.damaged-plain. Its devices may not have been given back
It names, as far as it can be read:
  $DRIVE (Samsung 970 EVO): on vfio-pci now
When all of these are as they should be: hostdevctl recover --forget plain
hostdevctl: not all is as it was before: see above, and try again" recover
tool 0 'until it is forgotten' 'The damaged journal of VM plain is removed.' recover --forget plain
tool 1 'which is done once' 'hostdevctl: no damaged journal of VM plain is set aside: hostdevctl recover lists what there is' recover --forget plain
cp /run/good $RUN/plain
sed -i '1s/"version":1/"version":7/' $RUN/plain
tool 1 'one of a newer version is not touched' \
    "hostdevctl: VM plain: the journal $RUN/plain cannot be used: a newer version of hostdevctl has written it. Install that version again to give the VM's devices back
hostdevctl: not all is as it was before: see above, and try again" recover
cp /run/good $RUN/plain
cp /run/good $RUN/plain.bak
tool 1 'a copy is nobody' "VM plain is gone; giving back what it had:
$drive_back
hostdevctl: $RUN/plain.bak is a copy of another VM's journal, or was renamed, so that it is nobody's: remove it
hostdevctl: not all is as it was before: see above, and try again" recover
rm $RUN/plain.bak
all_back 'journals that are none'

# ---- journals that are gone ------------------------------------------------------------------------

prepare full
daemon_kill
cp $RUN/full /run/good
rm $RUN/full
tool 0 'what VMs share comes back without a journal' "Of VMs that have no journal any more:
  done    giving back how deep CPUs may sleep
  done    giving back the frequency governors
  done    giving back the CPUs of interrupts
  done    giving back the CPUs of the kernel's work
  done    giving back the CPUs of systemd's units
  done    giving back huge pages
  done    removing mediated device $MDEV (i915-GVTg_V5_4) from 0000:00:02.0" recover
same 'devices are known to nobody' vfio-pci "$(driver_of $DRIVE)"
cp /run/good $RUN/full
check 'with the journal they are' hostdevctl recover
all_back 'a journal that was gone'

prepare full
daemon_kill
cp $RUN/full /run/good
rm $RUN/full
check 'a VM finds a mediated device that another one has left' prepare heir
qemu_start heir 1
echo '{"version":7,"domain":"newer","uuid":"","timeout":15,"claims":[null,7]}' >$RUN/newer
hostdevctl recover >/dev/null 2>&1
same 'which is an orphan, and claims that make no sense are nobody'"'"'s' 1 $?
rm $RUN/newer
check 'without them all is told' hostdevctl recover
same 'and stays, for it is in use now' "$MDEV" "$(ls /sys/bus/mdev/devices)"
qemu_stop heir
release heir
cp /run/good $RUN/full
check 'until both are gone' hostdevctl recover
all_back 'an orphan that a VM had found'

# ---- by hand ---------------------------------------------------------------------------------------

alone="$DRIVE (Samsung 970 EVO) was detached by hand: left alone, 'hostdevctl attach' gives it back."
hostdevctl detach $DRIVE >/dev/null
detached=$(host)
tool 0 'what is detached by hand is left alone' "$alone" recover
same 'and stays detached' "$detached" "$(host)"
prepare other
qemu_start other 1
prepare plain
daemon_kill
tool 0 'beside VMs, too, whether they run or not' "$alone
VM other runs: left alone.
VM plain is gone; giving back what it had:
  done    nothing had been taken yet" recover
same 'neither lost its VFIO driver' "vfio-pci vfio-pci" "$(driver_of $DRIVE) $(driver_of $GPU)"
qemu_stop other
hostdevctl recover >/dev/null
same 'one that a VM had is detached as before' "$detached" "$(host)"
hostdevctl attach $DRIVE >/dev/null
all_back 'attached'

# detach_killed: the tool and its worker are, when the drive is just leaving its driver.
detach_killed() {
    control clear-log "hang unbind $DRIVE"
    hostdevctl detach $DRIVE >/dev/null 2>&1 &
    victim=$!
    wait_until grep -q "unbind $DRIVE" /sys/.sim/log
    "$@"
    kill -KILL $victim
    wait $victim 2>/dev/null
    pkill -KILL -x hostdevctl
    control "release $DRIVE"
    wait_until no_tool
}
no_tool() { ! pgrep -x hostdevctl; }
at_work() {
    tool 1 'what is being detached is left to that' \
        "hostdevctl: $DRIVE (Samsung 970 EVO) is just being detached or attached by hand. If that hangs, the kernel log may tell why; then try again
hostdevctl: not all is as it was before: see above, and try again" recover
}
cut_short="$DRIVE (Samsung 970 EVO) is neither detached nor attached; giving back what it had:
$drive_back"
detach_killed at_work
tool 0 'when the tool was killed in the midst of it the drive is given back' "$cut_short" recover
all_back 'killed while detaching'
detach_killed prepare other
qemu_start other 1
tool 0 'beside a VM that runs, too' "$cut_short
VM other runs: left alone." recover
same 'which keeps what it has' "nvme vfio-pci" "$(driver_of $DRIVE) $(driver_of $GPU)"
qemu_stop other
release other
all_back 'killed beside a VM'

# ---- off, although libvirtd lives ------------------------------------------------------------------

# off VM...: libvirt says so of these; of other, that it is on.
off() {
    local name
    for name in "$@"; do echo "${UUID//a/b} off $name"; done >"$DOMAINS"
    echo "${UUID//a/c} on other" >>"$DOMAINS"
}

prepare plain
prepare other
off plain
tool 0 'where libvirt cannot be asked nothing is taken' 'VM other is being started or stopped by libvirt: left alone.
VM plain is being started or stopped by libvirt: left alone.' recover
check 'libvirt answers' domains_start
tool 0 'a VM that libvirt says is off has left it' "VM other is being started or stopped by libvirt: left alone.
VM plain is gone; giving back what it had:
$drive_back" recover
same 'and one that is on keeps it' "nvme vfio-pci" "$(driver_of $DRIVE) $(driver_of $GPU)"
prepare plain
off
tool 0 'one that libvirt does not know is off' "VM plain is gone; giving back what it had:
$drive_back" recover plain
release other
all_back 'off'
: >"$DOMAINS"
detach_killed at_work
tool 0 'what is detached by hand is none of its VMs' "$cut_short" recover
hostdevctl detach $DRIVE >/dev/null
tool 0 'nor is what stays detached' "$alone" recover
hostdevctl attach $DRIVE >/dev/null
domains_stop
all_back 'by hand, with a libvirt'

prepare plain
echo '{}' >$RUN/.affinities
release plain
check 'what a hook could not remove is there' test -e $RUN/.affinities
tool 0 'it is removed' "Of VMs that have no journal any more:
  done    giving back the CPUs of systemd's units" recover
all_back 'a file that could not be removed'

# ---- /run is full ----------------------------------------------------------------------------------

mount -t tmpfs -o size=128k,mode=0700 tmpfs $RUN
prepare full
daemon_kill
dd if=/dev/zero of=/run/hostdevctl/.filler bs=4k 2>/dev/null
check 'a full /run keeps nothing from being given back' hostdevctl recover full
same 'nothing' "" "$(diff <(echo "$start") <(host))"
umount $RUN
all_back 'a full /run'

plan_done
