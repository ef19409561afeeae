#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine's scheduler and its systemd, as programs of the world see them: taskset and chrt make
# the kernel's calls, busctl and systemctl those of D-Bus.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine desktop

# A /sys of 16 CPUs, whose cgroups have no kernel behind them.
SYS=/run/sys CGROUPS=/run/sys/fs/cgroup
mkdir -p $SYS/devices/system/cpu $CGROUPS/{system,user,machine}.slice $CGROUPS/init.scope
echo 0-15 | tee $SYS/devices/system/cpu/online >$SYS/devices/system/cpu/possible
for cgroup in "$CGROUPS"/*; do touch "$cgroup/cpuset.cpus" "$cgroup/cpuset.mems"; done
tasks_control "sys $SYS"

# fails_with ERROR COMMAND...: the command fails, and says so.
fails_with() {
    local error=$1 output
    shift
    if output=$("$@" 2>&1); then
        fail "$* fails" "$output"
    else
        contains "$* fails: $error" "$error" "$output"
    fi
}

# ---- QEMU's threads -------------------------------------------------------------------------

check "a QEMU starts" qemu_start vm 2 1
same "its threads have the names of QEMU's, and all CPUs" "qemu-system-x86 0-15 other
call_rcu 0-15 other
IO iothread1 0-15 other
IO mon_iothread 0-15 other
CPU 0/KVM 0-15 other
CPU 1/KVM 0-15 other
SPICE Worker 0-15 other
worker 0-15 other" "$(threads vm)"
vcpu=$(thread vm "CPU 1/KVM")
same "a vCPU is in a cgroup of its own" \
    "CPU 1/KVM 0-15 other 0 0 machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/vcpu1" \
    "$(task "$vcpu")"

check "a thread is pinned" taskset -cp 4-5,12 "$vcpu"
same "and told so" "4,5,12" "$(taskset -cp "$vcpu" | sed 's/.*: //')"
same "as is written down" "CPU 1/KVM 4-5,12 other" "$(threads vm | grep 'CPU 1/KVM')"
fails_with "Invalid argument" taskset -cp 16-20 "$vcpu"
check "of several CPUs one that is there is enough" taskset -cp 15-20 "$vcpu"
same "and only that is had" "CPU 1/KVM 15 other" "$(threads vm | grep 'CPU 1/KVM')"
fails_with "No such process" taskset -cp 4 4194000
same "who is not pinned may use the whole machine" "pid $$'s current affinity list: 0-15" \
    "$(taskset -cp $$)"
same "and who is pinned by the real kernel stays so" 1 "$(taskset -c 0 nproc)"

check "a thread gets a policy" chrt --fifo --pid 10 "$vcpu"
same "and told so" "SCHED_FIFO 10" "$(chrt -p "$vcpu" | sed 's/.*: //' | xargs)"
same "as is written down" "CPU 1/KVM 15 fifo:10" "$(threads vm | grep 'CPU 1/KVM')"
check "and loses it" chrt --other --pid 0 "$vcpu"
check "another one becomes nicer" renice -n -5 -p "$(thread vm "IO iothread1")"
same "as is written down" "IO iothread1 0-15 nice:-5" "$(threads vm | grep 'iothread1')"
check_fails "no policy without the capability" \
    setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice chrt --rr --pid 1 "$vcpu"

tasks_control "fail sched_setaffinity $vcpu EPERM 1"
fails_with "Operation not permitted" taskset -cp 3 "$vcpu"
check "a fault with a number is over then" taskset -cp 3 "$vcpu"
contains "what was set is in the log" "sched_setaffinity $vcpu \"CPU 1/KVM\" 3 (EPERM)
sched_setaffinity $vcpu \"CPU 1/KVM\" 3" "$(cat /sim/scheduler.log)"

# ---- cgroups and old kernels ----------------------------------------------------------------

check "a task of the host" host_task sshd system.slice/ssh.service
same "is one of the machine's" "sshd 0-15 other 0 0 system.slice/ssh.service" "$(task "$task")"
check "it pins itself" taskset -cp 2-3 "$task"
echo 0-2 >$CGROUPS/system.slice/cpuset.cpus
contains "its cgroup takes CPUs away" "sshd 2 " "$(task "$task")"
fails_with "Invalid argument" taskset -cp 3 "$task"
echo 8-9 >$CGROUPS/system.slice/cpuset.cpus
contains "one that has none of its own left has all of its cgroup" "sshd 8-9 " "$(task "$task")"
tasks_control "wipe system.slice"
echo >$CGROUPS/system.slice/cpuset.cpus
contains "and its own are back afterwards" "sshd 2-3 " "$(task "$task")"

release=$(uname -r)
check "the machine runs an old kernel" tasks_control "kernel 5.15.0-91-generic"
same "as uname says" "5.15.0-91-generic" "$(uname -r)"
same "and /proc" "5.15.0-91-generic" "$(cat /proc/sys/kernel/osrelease)"
check "modules load as before" modprobe vfio-pci
check_fails "a kernel has a number" tasks_control "kernel new"
tasks_control "wipe user.slice"
contains "a change elsewhere is none here" "sshd 2-3 " "$(task "$task")"
tasks_control "wipe system.slice"
contains "a cpuset that changes makes it forget" "sshd 0-15 " "$(task "$task")"
tasks_control "kernel $release"
taskset -cp 2-3 "$task" >/dev/null

# ---- systemd --------------------------------------------------------------------------------

BUS=(busctl "--address=unix:path=/run/dbus/system_bus_socket")
MANAGER=(org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager)
DROPIN=/run/systemd/system.control/system.slice.d/50-AllowedCPUs.conf

# set_cpus UNIT RUNTIME BYTE...: SetUnitProperties of AllowedCPUs.
set_cpus() {
    local unit=$1 runtime=$2
    shift 2
    "${BUS[@]}" call "${MANAGER[@]}" SetUnitProperties "sba(sv)" "$unit" "$runtime" \
        1 AllowedCPUs ay $# "$@"
}

# property UNIT INTERFACE NAME
property() {
    "${BUS[@]}" get-property org.freedesktop.systemd1 \
        "/org/freedesktop/systemd1/unit/${1/./_2e}" "org.freedesktop.systemd1.$2" "$3"
}

check_fails "a host without systemd has no bus" set_cpus system.slice true 15
check "systemd starts" systemd_start --cgroups $CGROUPS
check "it takes CPUs from a slice" set_cpus system.slice true 15 1
same "by a file" "[Slice]
AllowedCPUs=
AllowedCPUs=0-3 8" "$(grep -v '^#' $DROPIN)"
same "and in its cgroup" "0-3 8" "$(cat $CGROUPS/system.slice/cpuset.cpus)"
same "it knows what it did" "ay 8 15 1 0 0 0 0 0 0" "$(property system_2eslice Slice AllowedCPUs)"
same "and where" "as 1 \"$DROPIN\"" "$(property system_2eslice Unit DropInPaths)"
same "a slice is where its name says" 's "/system.slice"' "$(property system_2eslice Slice ControlGroup)"
check_fails "and is no scope" property system_2eslice Scope ControlGroup
echo 0-3,8 >$CGROUPS/system.slice/cpuset.cpus.effective
same "what is in force is the kernel's word" "ay 8 15 1 0 0 0 0 0 0" \
    "$(property system_2eslice Slice EffectiveCPUs)"
rm $CGROUPS/system.slice/cpuset.cpus.effective
contains "its units" '"user.slice" "loaded" "active"' "$(
    "${BUS[@]}" call "${MANAGER[@]}" ListUnitsByPatterns asas 0 2 "*.slice" init.scope | sed 's/"user.slice" "user.slice"/"user.slice"/'
)" # A unit without a description is described by its name.
same "a unit's object" 'o "/org/freedesktop/systemd1/unit/init_2escope"' \
    "$("${BUS[@]}" call "${MANAGER[@]}" GetUnit s init.scope)"
fails_with "not found" set_cpus nothing.service true 1
fails_with "Cannot set property" "${BUS[@]}" call "${MANAGER[@]}" SetUnitProperties "sba(sv)" \
    system.slice true 1 Color s red

check "the other slices" set_cpus user.slice true 15
check "an empty setting" set_cpus system.slice true
same "leaves a file" "[Slice]
AllowedCPUs=
AllowedCPUs=" "$(grep -v '^#' $DROPIN)"
same "and frees the cgroup as long as another one has a setting" "" \
    "$(cat $CGROUPS/system.slice/cpuset.cpus)"
check "the last empty setting" set_cpus user.slice true
same "does not get to the cgroup" "0-3" "$(cat $CGROUPS/user.slice/cpuset.cpus)"
mkdir $CGROUPS/machine.slice/vm.scope
check "a VM runs" set_cpus user.slice true
same "and it does" "" "$(cat $CGROUPS/user.slice/cpuset.cpus)"
rmdir $CGROUPS/machine.slice/vm.scope
check "memory nodes are like CPUs" "${BUS[@]}" call "${MANAGER[@]}" SetUnitProperties "sba(sv)" \
    user.slice true 2 AllowedMemoryNodes ay 1 2 AllowedCPUs ay 1 3
same "of a file of their own" "1 0-1" \
    "$(cat $CGROUPS/user.slice/cpuset.mems $CGROUPS/user.slice/cpuset.cpus | xargs)"
check "and have to be emptied too" "${BUS[@]}" call "${MANAGER[@]}" SetUnitProperties "sba(sv)" \
    user.slice true 2 AllowedMemoryNodes ay 0 AllowedCPUs ay 0
systemd_control "empty always"
check "unless systemd is told to be better" set_cpus user.slice true
same "than it is" "" "$(cat $CGROUPS/user.slice/cpuset.cpus)"

check "a setting that lasts" set_cpus system.slice false 3
same "is kept in /etc" "AllowedCPUs=0-1" \
    "$(tail -n 1 /etc/systemd/system.control/system.slice.d/50-AllowedCPUs.conf)"
check "a reload reads the files" "${BUS[@]}" call "${MANAGER[@]}" Reload
same "of which that in /etc counts" "0-1" "$(cat $CGROUPS/system.slice/cpuset.cpus)"
contains "files can be taken away" "$DROPIN" \
    "$("${BUS[@]}" call "${MANAGER[@]}" RevertUnitFiles as 1 system.slice)"
check_fails "all of them" ls -d /etc/systemd/system.control/system.slice.d
same "which changes nothing" "0-1" "$(cat $CGROUPS/system.slice/cpuset.cpus)"
same "until the next reload" "b true" "$(property system_2eslice Unit NeedDaemonReload)"
"${BUS[@]}" call "${MANAGER[@]}" Reload
same "then it does" "" "$(cat $CGROUPS/system.slice/cpuset.cpus)"

if [ -x /usr/bin/systemctl ]; then
    check "systemctl can do it too" systemctl set-property --runtime system.slice AllowedCPUs=0-7
    same "and has done it" "0-7" "$(cat $CGROUPS/system.slice/cpuset.cpus)"
else
    skip "systemctl can do it too" "there is none"
fi

# ---- when it goes wrong ---------------------------------------------------------------------

systemd_control reset
contains "a task keeps what it asked for" "sshd 2-3 " "$(task "$task")"
tasks_control "kernel 5.15.0"
set_cpus system.slice true 255 1
contains "but not on an old kernel" "sshd 0-8 " "$(task "$task")"
tasks_control "kernel $release"

systemd_control "fail SetUnitProperties:user.slice org.freedesktop.DBus.Error.AccessDenied 1"
check "a fault of one unit is none of another" set_cpus system.slice true 1
fails_with "Access denied" set_cpus user.slice true 1
check "and is over then" set_cpus user.slice true 1
systemd_control "delay SetUnitProperties 300"
start=$(now)
check "a slow systemd" set_cpus user.slice true 3
same "takes its time" true "$([ $(($(now) - start)) -ge 300000 ] && echo true || echo false)"
systemd_control "hang SetUnitProperties"
fails_with "timed out" timeout 5 "${BUS[@]}" --timeout=0.2 call "${MANAGER[@]}" SetUnitProperties \
    "sba(sv)" user.slice true 0
check "while it answers others" property user_2eslice Slice AllowedCPUs
systemd_control "drop SetUnitProperties 1"
check_fails "it can hang up" set_cpus user.slice true 7
systemd_control reset "hang connect 1"
check_fails "a bus that is stuck" timeout 0.3 "${BUS[@]}" call "${MANAGER[@]}" Reload
systemd_control "lag 200"
check "an answer before the deed" set_cpus user.slice true 31
same "which is done" "0-1" "$(cat $CGROUPS/user.slice/cpuset.cpus)"
check "later" wait_until grep -qx 0-4 $CGROUPS/user.slice/cpuset.cpus
systemd_control "lag 0" "fail GetUnit org.freedesktop.DBus.Error.NoReply"
"${BUS[@]}" call "${MANAGER[@]}" GetUnit s user.slice 2>/dev/null
set_cpus user.slice true
same "every call is in the log" "SetUnitProperties user.slice runtime AllowedCPUs=0-4
GetUnit user.slice (org.freedesktop.DBus.Error.NoReply)
SetUnitProperties user.slice runtime AllowedCPUs=" "$(systemd_calls)"
systemd_kill
fails_with "Connection refused" set_cpus user.slice true 1
check "it starts again" systemd_start --cgroups $CGROUPS
same "with what it had written" "ay 8 1 0 0 0 0 0 0 0" "$(property system_2eslice Slice AllowedCPUs)"
systemd_stop
check_fails "and is gone" ls -d /run/dbus/system_bus_socket /run/systemd/system

# ---- the end --------------------------------------------------------------------------------

check "the QEMU is killed" qemu_stop vm
same "and none of its threads are left" "" "$(tasks | grep qemu)"
kill "$task"
plan_done
