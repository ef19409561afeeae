#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Control groups of the simulated machine, and the CPUs that they give to what is in them.
# Many functions are called through `check`, which shellcheck does not see:
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine smt

ROOT=/sys/fs/cgroup
SCOPE='machine.slice/machine-qemu\x2d1\x2dwin10.scope'
boot=$(state)

# unchanged SENTENCE: the machine is as it was when the scenario began.
unchanged() { same "$1" "" "$(diff <(echo "$boot") <(state))"; }

# error COMMAND...: what the kernel says.
error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

get() { cat "$ROOT/$1/cpuset.$2"; }
cpus() { write "$2" "$ROOT/$1/cpuset.cpus"; }
enable() { write "$2" "$ROOT/$1/cgroup.subtree_control"; }

# ---- controllers ----------------------------------------------------------------------------

same "the kernel has controllers" "cpuset cpu io memory pids" "$(cat $ROOT/cgroup.controllers)"
same "systemd has enabled some" "cpu memory pids" "$(cat $ROOT/cgroup.subtree_control)"
same "which its slices can use" "cpu memory pids" "$(cat $ROOT/system.slice/cgroup.controllers)"
check_fails "without cpuset they have no files of it" test -e $ROOT/system.slice/cpuset.cpus
same "the root has what is in effect only" "cpuset.cpus.effective cpuset.mems.effective" "$(cd $ROOT && echo cpuset*)"
same "a slice cannot enable what it has not" "No such file or directory" "$(error enable system.slice +cpuset)"
same "nor anybody what is none" "Invalid argument" "$(error enable . +cpus)"
check "the root can" enable . "+cpuset -pids"
same "as told" "cpuset cpu memory" "$(cat $ROOT/cgroup.subtree_control)"
enable . +pids
same "then all CPUs are in effect, and no list was written" ",0-15" "$(get system.slice cpus),$(get system.slice cpus.effective)"

# ---- lists ----------------------------------------------------------------------------------

check "a slice can be given CPUs" cpus system.slice 0-3,8-11
same "and has them" "0-3,8-11 0-3,8-11" "$(get system.slice cpus) $(get system.slice cpus.effective)"
same "others keep theirs" 0-15 "$(get machine.slice cpus.effective)"
same "a list that is none is refused" "Invalid argument" "$(error cpus system.slice 3-1)"
same "and one that is too long" "Numerical result out of range" "$(error cpus system.slice 0-16)"
same "and any memory that is not there" "Invalid argument" "$(error write 1 $ROOT/system.slice/cpuset.mems)"
same "with processes in it a slice cannot be given nothing" "No space left on device" "$(error cpus system.slice $'\n')"
check "without it can" cpus machine.slice 0-1
check "and back" cpus machine.slice $'\n'
enable system.slice +cpuset
same "below it there are the same" 0-3,8-11 "$(get system.slice/libvirtd.service cpus.effective)"
cpus system.slice/libvirtd.service 3-5
same "or a part of them" 3 "$(get system.slice/libvirtd.service cpus.effective)"
cpus system.slice/libvirtd.service 12-13
same "but all when nothing is left" "12-13 0-3,8-11" \
    "$(get system.slice/libvirtd.service cpus) $(get system.slice/libvirtd.service cpus.effective)"
same "what children use cannot be disabled" "Device or resource busy" "$(error enable . -cpuset)"
enable system.slice -cpuset
check_fails "what they do not use can" test -e $ROOT/system.slice/libvirtd.service/cpuset.cpus

# ---- hot-plug -------------------------------------------------------------------------------

for i in 1 2 3 8 9 10 11; do control "cpu-offline $i"; done
same "CPUs that go are not in effect" "0-3,8-11 0" "$(get system.slice cpus) $(get system.slice cpus.effective)"
for i in 1 2 3 8 9 10 11; do control "cpu-online $i"; done
echo 2 >/proc/irq/40/smp_affinity_list
same "and are when they come back" 0-3,8-11 "$(get system.slice cpus.effective)"

# ---- directories ----------------------------------------------------------------------------

check "groups can be made" mkdir -p "$ROOT/$SCOPE/libvirt/vcpu0"
check_fails "elsewhere nothing can" mkdir /sys/devices/nothing
same "they have files at once" 0-15 "$(get "$SCOPE/.." cpus.effective)"
sleep 100 &
echo $! >"$ROOT/$SCOPE/libvirt/cgroup.procs"
same "processes can be put into them" $! "$(cat "$ROOT/$SCOPE/libvirt/cgroup.procs")"
same "then they are populated, and so are those above" "populated 1" "$(grep populated $ROOT/machine.slice/cgroup.events)"
echo $! >"$ROOT/$SCOPE/libvirt/vcpu0/cgroup.threads"
same "they can move on" "" "$(cat "$ROOT/$SCOPE/libvirt/cgroup.procs")"
check_fails "a group with processes cannot go" rmdir "$ROOT/$SCOPE/libvirt/vcpu0"
kill $!
wait $! 2>/dev/null
same "when they have ended it is empty" "populated 0" "$(grep populated $ROOT/machine.slice/cgroup.events)"
check_fails "one with groups in it cannot go either" rmdir "$ROOT/$SCOPE"
check "from below they can" rmdir "$ROOT/$SCOPE/libvirt/vcpu0" "$ROOT/$SCOPE/libvirt" "$ROOT/$SCOPE"
check_fails "and are gone" test -e "$ROOT/$SCOPE"

# ---- partitions -----------------------------------------------------------------------------

cpus machine.slice 12-15
write isolated $ROOT/machine.slice/cpuset.cpus.partition
same "a partition has its CPUs alone" "12-15 0-11" "$(get machine.slice cpus.effective) $(get user.slice cpus.effective)"
cpus user.slice 11-12
same "which is no more when a sibling wants one of them" "isolated invalid" "$(get machine.slice cpus.partition)"
cpus user.slice 0-15
write member $ROOT/machine.slice/cpuset.cpus.partition
same "nor when it is told so" 0-15 "$(get user.slice cpus.effective)"

# ---- faults and records ---------------------------------------------------------------------

control reset "fail cpuset system.slice EIO 1"
same "a write fails as told" "Input/output error" "$(error cpus system.slice 0-7)"
cpus system.slice 0-7
same "every one is recorded" 'write cgroup system.slice/cpuset.cpus "0-7" (EIO)
write cgroup system.slice/cpuset.cpus "0-7"' "$(journal)"
contains "and in the state" "cgroup system.slice cpus=0-7 mems= partition=member" "$(state)"
enable . -cpuset
unchanged "without the controller nothing is left of it"
enable . +cpuset
same "also when it comes back" "" "$(get system.slice cpus)"
enable . -cpuset
unchanged "all is as it was"

plan_done
