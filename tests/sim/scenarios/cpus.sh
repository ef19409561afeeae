#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A VM gets CPUs of its own: its threads are pinned, the host's tasks, interrupts and kernel work leave,
# the governor is set; and all of it comes back.
# The functions at the end are called by the machine's name.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317,SC2086,SC2119
. "$(dirname "$0")/../lib.sh"
machine smt numa hybrid x3d nosmt offline

drive=0000:02:00.0
systemd_start

# The state without what neither systemd nor the kernel takes back: that groups have the controller, and
# that they name all CPUs where they named none.
host() {
    state | sed "/^cgroup \/ /d; s/^\(cgroup .*\) cpus=\($(cat /sys/devices/system/cpu/online)\)\? mems= partition=member/\1/"
}
boot=$(host)

# vm NAME VCPUS [THREADS [XML]]: its XML in /tmp/NAME.xml; $hostdevs are its devices.
vm() {
    # shellcheck disable=SC2086
    domain_xml "$1" "11111111-2222-3333-4444-00000000000${#1}" ${hostdevs:-} |
        sed "s|<vcpu.*|<vcpu${attributes:-}>$2</vcpu>${4:-}<cpu><topology sockets='1' cores='$(($2 / ${3:-1}))' threads='${3:-1}'/></cpu>|" \
            >"/tmp/$1.xml"
}

# begin NAME VCPUS [IOTHREADS]: as start_vm, with the threads of a QEMU.
begin() {
    hook "$1" prepare begin <"/tmp/$1.xml" || return
    hook "$1" start begin <"/tmp/$1.xml" && qemu_start "$@" && hook "$1" started begin <"/tmp/$1.xml"
}

end() {
    qemu_stop "$1"
    stop_vm "/tmp/$1.xml" "$1"
}

# vcpus NAME: the CPUs of its vCPUs, in order.
vcpus() { threads "$1" | sed -n 's|^CPU [0-9]*/KVM \([^ ]*\) .*|\1|p' | xargs; }

# of COMM NAME: the CPUs of a thread.
of() { threads "$2" | awk -v "comm=$1" 'index($0, comm " ") == 1 { print $(NF - 1); exit }'; }

# shown PREFIX: the lines of the state that begin so, without it.
shown() { state | sed -n "s|^$1 ||p"; }

# all_back SENTENCE
all_back() {
    same "$1: release is content" "0 " "$hook_status $hook_stderr"
    same "$1: the host is as it was" "$boot" "$(host)"
    same "$1: nothing is left in /run" "" "$(ls -A /run/hostdevctl; ls -A /run/systemd/system.control 2>/dev/null)"
}

on_smt() {
    conf domains/win10.conf <<<"[cpu]
pin = auto
isolate = yes
irq = move
governor = performance
pm-qos = 10
sched.vcpu = fifo:1
sched.emulator = nice:-5"
    hostdevs=$drive vm win10 4 2 "<iothreads>1</iothreads>"
    host_task background system.slice
    rest=0,3-8,11-15
    check "a VM with CPUs of its own starts" begin win10 4 1
    same "guest siblings are on host siblings" "1 9 2 10" "$(vcpus win10)"
    same "the emulator is elsewhere" $rest "$(of 'IO mon_iothread' win10)"
    same "the iothread, too" $rest "$(of 'IO iothread1' win10)"
    same "vCPUs are scheduled as asked" "CPU 0/KVM 1 fifo:1" "$(threads win10 | grep 'CPU 0')"
    same "the emulator, too" nice:-5 "$(threads win10 | sed -n 's/^IO mon_iothread .* //p')"
    same "the host's tasks leave" "background $rest" "$(task "$task" | cut -d ' ' -f 1-2)"
    same "system.slice, user.slice and init.scope are told so" "init.scope system.slice user.slice" \
        "$(state | sed -n "s/^cgroup \([^ ]*\) cpus=$rest .*/\1/p" | sort | xargs)"
    contains "machine.slice keeps all CPUs" "machine.slice cpus= " "$(state)"
    same "the kernel's work leaves" f9f9 "$(shown workqueue)"
    same "so do interrupts" $rest "$(shown 'irq 30 xhci_hcd')"
    same "those on one of the CPUs go to the others" $rest "$(shown 'irq 40 eno1')"
    same "managed ones stay where they were" 0-3,8-11 "$(shown 'irq 32 nvme0q1')"
    same "interrupts to come, too" f9f9 "$(shown default_smp_affinity)"
    same "governor, preference and latency are set" "online performance performance 10" "$(shown 'cpu 9')"
    same "on these CPUs only" "online powersave balance_performance 0" "$(shown 'cpu 3')"
    end win10
    all_back "alone"
    same "the task may run everywhere again" "background 0-15" "$(task "$task" | cut -d ' ' -f 1-2)"

    own_choice
    xml_wins
    two_vms
    strangers
    sample
    broken
}

# A task with CPUs of its own choice; the kernel here is one that forgets it.
own_choice() {
    if [ "$(cat /proc/self/cgroup)" = 0::/ ]; then
        skip "a task with its own affinity" "/proc, which is the real one, has all tasks in the root group"
        return
    fi
    taskset -pc 2,5 "$task" >/dev/null
    begin win10 4
    same "a task's own choice shrinks" "background 5" "$(task "$task" | cut -d ' ' -f 1-2)"
    end win10
    same "and comes back" "background 2,5" "$(task "$task" | cut -d ' ' -f 1-2)"
    taskset -pc 0-15 "$task" >/dev/null
    all_back "a task with its own affinity"
}

# Comments of the sample file have a blank behind the #, settings have not.
sample() {
    sed 's/^#\([^ ]\)/\1/' "$SOURCE/etc/hostdevctl/hostdevctl.conf" | conf hostdevctl.conf
    check_fails "every setting in the sample is tried" grep '^#[^ ]' /etc/hostdevctl/hostdevctl.conf
    rm -r /etc/hostdevctl/domains
    hook win10 prepare begin </tmp/win10.xml
    same "and is one" "0 " "$hook_status $hook_stderr"
    hook win10 release end </tmp/win10.xml
    all_back "the sample"
    conf hostdevctl.conf <<<"[cpu]
pin = auto
isolate = yes
irq = move"
}

# What the VM's XML pins nobody else pins; its CPUs are made quiet all the same.
xml_wins() {
    vm win10 2 1 "<cputune><vcpupin vcpu='0' cpuset='4'/><vcpupin vcpu='1' cpuset='12'/></cputune>"
    hook win10 prepare begin </tmp/win10.xml
    qemu_start win10 2
    # As libvirt does it.
    taskset -pc 4 "$(thread win10 "CPU 0/KVM")" >/dev/null
    taskset -pc 12 "$(thread win10 "CPU 1/KVM")" >/dev/null
    hook win10 started begin </tmp/win10.xml
    same "vCPUs that the XML pins are left alone" "4 12" "$(vcpus win10)"
    same "what it does not pin keeps off isolated CPUs" 0-3,5-11,13-15 "$(of 'IO mon_iothread' win10)"
    contains "and their CPUs isolated" "system.slice cpus=0-3,5-11,13-15 " "$(state)"
    end win10
    all_back "pins in the XML"
    attributes=" cpuset='6,14'" vm win10 2
    begin win10 2
    contains "so are those of <vcpu cpuset>" "system.slice cpus=0-5,7-13,15 " "$(state)"
    end win10
    all_back "<vcpu cpuset>"
}

# They come and go in turns; what is in force is always the sum.
two_vms() {
    conf hostdevctl.conf <<<"[cpu]
pin = auto
isolate = yes
irq = move"
    conf domains/plain.conf <<<"[cpu]
pin = none
isolate = no
irq = leave"
    rm /etc/hostdevctl/domains/win10.conf
    hostdevs='' vm win10 2
    hostdevs='' vm debian 4
    hostdevs='' vm plain 2
    begin plain 2
    begin win10 2
    same "the first gets a core" "1 9" "$(vcpus win10)"
    begin debian 4
    same "the second gets others" "2 10 3 11" "$(vcpus debian)"
    contains "the host has what is left" "system.slice cpus=0,4-8,12-15 " "$(state)"
    same "the first's other threads leave those of the second" 0,4-8,12-15 "$(of 'IO mon_iothread' win10)"
    # As the kernel makes one for a device that comes now.
    control "irq-add 77 late 0,4-8,12-15"
    same "a VM that nobody pins is kept off, too" "0,4-8,12-15 0,4-8,12-15" "$(vcpus plain)"
    end win10
    contains "the first goes: its CPUs come back" "system.slice cpus=0-1,4-9,12-15 " "$(state)"
    same "to interrupts, too" 0-1,4-9,12-15 "$(shown 'irq 30 xhci_hcd')"
    same "and to the VM that nobody pins" "0-1,4-9,12-15 0-1,4-9,12-15" "$(vcpus plain)"
    begin win10 2
    same "it comes back: to its core" "1 9" "$(vcpus win10)"
    end debian
    same "the VM that nobody pins follows" "0,2-8,10-15 0,2-8,10-15" "$(vcpus plain)"
    end plain
    begin plain 2
    same "one that starts now is kept off at once" "0,2-8,10-15 0,2-8,10-15" "$(vcpus plain)"
    end win10
    same "with the last it may run everywhere" "0-15 0-15" "$(vcpus plain)"
    same "so may an interrupt that came meanwhile" 0-15 "$(shown 'irq 77 late')"
    control "irq-remove 77"
    end plain
    all_back "VMs in turns"

    conf domains/debian.conf <<<"[cpu]
isolate = no
pin = 0-3=1"
    begin win10 2
    hook debian prepare begin </tmp/debian.xml
    same "CPUs that are isolated for another VM" \
        "1 hostdevctl: CPU 1 is isolated for VM win10: shut that VM down first, or let this one run on other CPUs" \
        "$hook_status $hook_stderr"
    end win10
    check "the other way round: pinned first" begin debian 4
    hook win10 prepare begin </tmp/win10.xml
    same "another core is chosen" "0 " "$hook_status $hook_stderr"
    contains "which nobody is pinned to" '"cpu 10","cpu 2"' "$(cat /run/hostdevctl/win10)"
    hook win10 release end </tmp/win10.xml
    conf domains/win10.conf <<<"[cpu]
pin = 0-1=1"
    hook win10 prepare begin </tmp/win10.xml
    same "CPUs that another VM is pinned to" \
        "1 hostdevctl: CPU 1 is to be isolated, and VM debian is pinned to it: shut that VM down first, or let one of them run on other CPUs" \
        "$hook_status $hook_stderr"
    rm /etc/hostdevctl/domains/win10.conf
    end debian
    all_back "a conflict"
}

# Values that somebody else changes meanwhile are theirs.
strangers() {
    begin win10 2
    echo 7 >/proc/irq/30/smp_affinity_list
    systemctl_set user.slice 0-7
    control "irq-remove 24" "irq-add 24 other 0-15"
    end win10
    same "an interrupt that somebody moved stays there" 7 "$(shown 'irq 30 xhci_hcd')"
    contains "a slice that somebody limited stays so" "user.slice cpus=0-7 " "$(state)"
    contains "and it is logged" "the CPUs of interrupt 30 xhci_hcd: somebody else has changed it to '7'; it is left so" \
        "$(syslog)"
    same "nothing is left in /run" "" "$(ls -A /run/hostdevctl)"
    echo 0-15 >/proc/irq/30/smp_affinity_list
    control "irq-remove 24" "irq-add 24 aerdrv 0-15"
    systemctl_set user.slice 0-15
    systemctl_set user.slice
    rm -rf /run/systemd/system.control
    same "the host is as it was" "$boot" "$(host)"
}

systemctl_set() {
    systemctl set-property --runtime "$1" "AllowedCPUs=${2:-}" >/dev/null
}

broken() {
    local before drop_in=/run/systemd/system.control/user.slice.d/50-AllowedCPUs.conf
    systemd_control "fail SetUnitProperties:user.slice org.freedesktop.DBus.Error.Failed"
    check_fails "systemd refuses: no start" begin win10 2
    contains "the message names the unit" "the CPUs of user.slice cannot be set to '0,2-8,10-15 runtime'" "$hook_stderr"
    systemd_control reset
    same "the host is as it was" "$boot" "$(host)"
    conf domains/win10.conf <<<"[devices]
timeout = 3"
    systemd_control "hang SetUnitProperties"
    check_fails "systemd hangs: no start" begin win10 2
    contains "the message says what" "keeping the host's tasks off CPUs 1,9" "$hook_stderr"
    check "in time" test "$hook_time" -lt 4000000
    systemd_control reset
    check "when it goes on the VM starts" begin win10 2
    mount --bind $drop_in $drop_in
    end win10
    same "a drop-in stays: release fails" 1 "$hook_status"
    contains "the message names the unit" "the CPUs of user.slice cannot be set to ''" "$hook_stderr"
    umount $drop_in
    stop_vm /tmp/win10.xml win10
    all_back "when it can be removed"
    begin win10 2
    before=$(state)
    daemon_kill
    qemu_stop win10
    check "after a crash of libvirtd and QEMU, too" begin win10 2
    same "the sum is the same" "$before" "$(state)"
    end win10
    all_back "a crash"
    set -f
    tasks_control "fail sched_setaffinity * EPERM"
    set +f
    check "pinning fails: the VM runs" begin win10 2
    contains "it is logged" "vCPU 0 cannot be pinned to CPUs 1: Operation not permitted" "$(syslog)"
    end win10
    conf domains/win10.conf <<<"[cpu]
pin-strict = yes"
    check_fails "unless the configuration is strict" begin win10 2
    contains "the message names the vCPU" "vCPU 0 cannot be pinned to CPUs 1: Operation not permitted" "$hook_stderr"
    tasks_control reset
    end win10
    all_back "pinning that fails"

    systemd_stop
    boot=$(host)
    rm /etc/hostdevctl/domains/win10.conf
    check "without systemd: starts" begin win10 2
    contains "the groups have the CPUs that are left" "system.slice cpus=0,2-8,10-15 " "$(state)"
    end win10
    same "without systemd: release is content" "0 " "$hook_status $hook_stderr"
    same "without systemd: the host is as it was" "$boot" "$(host)"
}

on_numa() {
    conf hostdevctl.conf <<<"[cpu]
pin = auto"
    hostdevs='' vm win10 8 2
    begin win10 8
    same "within one node" 1 "$(nodes win10)"
    end win10
    for device in $(state | sed -n 's/^\(0000:[^ ]*\) \(nvme\|nouveau\) .*/\1/p'); do
        hostdevs=$device vm win10 8 2
        begin win10 8
        same "on the node of $device" "$(cat "$PCI/devices/$device/numa_node")" "$(node_names win10)"
        end win10
    done
    hostdevs='' vm win10 4 1 "<numatune><memory mode='strict' nodeset='2'/></numatune>"
    begin win10 4
    same "on the node of the VM's memory" 2 "$(node_names win10)"
    end win10
    all_back "numa"
}

# The nodes of its vCPUs.
node_names() {
    local cpu
    for cpu in $(vcpus "$1"); do
        basename /sys/devices/system/cpu/cpu"$cpu"/node* | tr -d node
    done | sort -u | xargs
}

nodes() { node_names "$1" | wc -w; }

on_hybrid() {
    conf hostdevctl.conf <<<"[cpu]
pin = auto"
    vm win10 8 2
    begin win10 8
    same "performance cores, with their siblings" "2 3 4 5 6 7 8 9" "$(vcpus win10)"
    end win10
    conf domains/win10.conf <<<"[cpu]
cores = efficiency"
    vm win10 4
    begin win10 4
    same "efficiency cores when told so" "16 17 18 19" "$(vcpus win10)"
    end win10
    all_back "hybrid"
}

on_x3d() {
    local preference
    for preference in cache frequency; do
        conf hostdevctl.conf <<<"[cpu]
pin = auto
prefer = $preference"
        vm win10 8 2
        begin win10 8
        same "prefer = $preference" "$(l3 "$preference")" \
            "$(cat "/sys/devices/system/cpu/cpu$(vcpus win10 | cut -d ' ' -f 1)/cache/index3/size")"
        end win10
    done
    all_back "x3d"
}

# The size of the cache that a preference leads to.
l3() {
    sort -un -t K -k 1 /sys/devices/system/cpu/cpu*/cache/index3/size |
        if [ "$1" = cache ]; then tail -n 1; else head -n 1; fi
}

on_nosmt() {
    conf hostdevctl.conf <<<"[cpu]
pin = auto
isolate = yes"
    vm win10 3
    begin win10 3
    same "all but core 0" "1 2 3" "$(vcpus win10)"
    end win10
    vm win10 4
    hook win10 prepare begin </tmp/win10.xml
    same "all: refused" \
        "1 hostdevctl: isolate = yes would leave the host without a whole core: give the VM fewer vCPUs, or set isolate = no in /etc/hostdevctl/domains/win10.conf" \
        "$hook_status $hook_stderr"
    vm win10 5
    hook win10 prepare begin </tmp/win10.xml
    same "more than there are: refused" \
        "1 hostdevctl: there are not enough CPUs for the VM's 5 vCPUs: of the CPUs 0-3, other VMs have none. Give the VM fewer vCPUs, or set pin = none in /etc/hostdevctl/domains/win10.conf" \
        "$hook_status $hook_stderr"
    conf domains/win10.conf <<<"[cpu]
pin = none"
    hook win10 prepare begin </tmp/win10.xml
    same "isolation of nobody knows what" \
        "1 hostdevctl: isolate = yes does not say which CPUs: set pin = auto in /etc/hostdevctl/domains/win10.conf, or pin the vCPUs in the VM's XML" \
        "$hook_status $hook_stderr"
    conf domains/win10.conf <<<"[cpu]
pin = 0-1=1 2=2,x"
    hook win10 prepare begin </tmp/win10.xml
    same "a map that is none" \
        "1 hostdevctl: /etc/hostdevctl/domains/win10.conf:2: pin = 0-1=1 2=2,x: expected auto | none | a map such as 0=2 1=3 2-3=4,5 emulator=0-1 iothread1=6" \
        "$hook_status $hook_stderr"
    conf domains/win10.conf <<<"[cpu]
pin = 0-1=1 7=2"
    hook win10 prepare begin </tmp/win10.xml
    same "a vCPU that is none" \
        "1 hostdevctl: pin = names vCPU 7, which the VM does not have: correct it in /etc/hostdevctl/domains/win10.conf, or give the VM more vCPUs" \
        "$hook_status $hook_stderr"
    conf domains/win10.conf <<<"[cpu]
pin = 0=9"
    hook win10 prepare begin </tmp/win10.xml
    same "a CPU that is none" \
        "1 hostdevctl: the VM is to run on CPU 9, but this host has the CPUs 0-3 online: correct pin = in /etc/hostdevctl/domains/win10.conf, or the pins in the VM's XML" \
        "$hook_status $hook_stderr"
    conf domains/win10.conf <<<"[cpu]
governor = Performance!"
    hook win10 prepare begin </tmp/win10.xml
    same "a governor that cannot be one" \
        "1 hostdevctl: /etc/hostdevctl/domains/win10.conf:2: governor = Performance!: expected a word such as performance" \
        "$hook_status $hook_stderr"
    conf domains/win10.conf <<<"[cpu]
governor = warp"
    vm win10 2
    hook win10 prepare begin </tmp/win10.xml
    contains "a governor that the kernel does not know" "cannot be set to 'warp': Invalid argument" "$hook_stderr"
    same "the host is untouched" "$boot" "$(host)"
    same "nothing is left in /run" "" "$(ls -A /run/hostdevctl)"
}

on_offline() {
    local offline
    offline=$(cat /sys/devices/system/cpu/offline)
    conf domains/win10.conf <<<"[cpu]
pin = 0=${offline%%[-,]*}"
    vm win10 2
    hook win10 prepare begin </tmp/win10.xml
    contains "a CPU that is offline" "the VM is to run on CPU ${offline%%[-,]*}, but this host has the CPUs " "$hook_stderr"
    conf domains/win10.conf <<<"[cpu]
pin = auto
isolate = yes"
    begin win10 2
    check "what is offline is not chosen" test -n "$(vcpus win10)"
    end win10
    all_back "offline"
}

"on_$MACHINE"
plan_done
