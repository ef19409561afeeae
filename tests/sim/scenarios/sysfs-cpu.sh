#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The CPUs of the simulated machine: topology, going off and coming back, governors, workqueues.
# Many functions are called through `check`, which shellcheck does not see:
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine smt numa hybrid x3d nosmt offline big:512:2000 dl360

CPU=/sys/devices/system/cpu
boot=$(state)

# unchanged SENTENCE: the machine is as it was when the scenario began.
unchanged() { same "$1" "" "$(diff <(echo "$boot") <(state))"; }

# error COMMAND...: what the kernel says.
error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

topology() { cat "$CPU/cpu$1/topology/$2"; }
cache() { (cd "$CPU/cpu$1/cache/index$2" && cat "$3"); }
online() { write "$2" "$CPU/cpu$1/online"; }
governor() { write "$2" "$CPU/cpu$1/cpufreq/scaling_governor"; }
governor_of() { cat "$CPU/cpu$1/cpufreq/scaling_governor"; }
epp() { write "$2" "$CPU/cpu$1/cpufreq/energy_performance_preference"; }
epp_of() { cat "$CPU/cpu$1/cpufreq/energy_performance_preference"; }

# check_lscpu CPUS THREADS SOCKETS NODES: what lscpu finds out by itself.
check_lscpu() {
    if ! command -v lscpu >/dev/null; then
        skip "lscpu finds its way" "there is no lscpu"
        return
    fi
    lscpu >/tmp/lscpu
    same "lscpu counts CPUs, threads of a core, sockets and nodes" "$*" \
        "$(sed -n -E 's/^(CPU|Thread|Socket|NUMA node)\(s\)[^:]*: *//p' /tmp/lscpu | xargs)"
}

# ---- one socket with SMT ----------------------------------------------------------------------

smt_topology() {
    same "all are there" "0-15 0-15 0-15 " "$(cat $CPU/{online,possible,present,offline} | tr '\n' ' ' | sed 's/  */ /g')"
    same "and none is isolated" "" "$(cat $CPU/isolated)"
    same "siblings are half the CPUs apart" 3,11 "$(topology 11 thread_siblings_list)"
    same "as a mask" 0808 "$(topology 11 thread_siblings)"
    same "the two names of it agree" "$(topology 11 thread_siblings_list)" "$(topology 11 core_cpus_list)"
    same "they are of one core" "3 3" "$(topology 3 core_id) $(topology 11 core_id)"
    same "a package has all" "0-15 ffff" "$(topology 5 package_cpus_list) $(topology 5 package_cpus)"
    same "L2 is the core's" "1280K 3,11" "$(cache 3 2 size) $(cache 3 2 shared_cpu_list)"
    same "L3 is everybody's" "3 Unified 24576K 0-15" \
        "$(for i in level type size shared_cpu_list; do cache 7 3 $i; done | xargs)"
    same "SMT is on" "1 on" "$(cat $CPU/smt/active $CPU/smt/control | xargs)"
    same "a CPU leads to its node" "$(realpath /sys/devices/system/node/node0)" "$(realpath $CPU/cpu9/node0)"
    same "and the node to it" "$(realpath $CPU/cpu9)" "$(realpath /sys/devices/system/node/node0/cpu9)"
    check_lscpu 16 2 1 1
}

smt_hotplug() {
    check_fails "the first CPU cannot be taken away" test -e $CPU/cpu0/online
    topology 3 core_id >/dev/null
    check "the others can" online 3 0
    same "then it is not online" 0-2,4-15 "$(cat $CPU/online)"
    same "but offline" 3 "$(cat $CPU/offline)"
    check_fails "it has no topology" test -e $CPU/cpu3/topology
    check_fails "and no caches" test -e $CPU/cpu3/cache
    same "its sibling is alone" 11 "$(topology 11 thread_siblings_list)"
    same "in the node it is not listed" 0-2,4-15 "$(cat /sys/devices/system/node/node0/cpulist)"
    same "its governor cannot be read" "Device or resource busy" "$(error governor_of 3)"
    same "nor written" "Device or resource busy" "$(error governor 3 performance)"
    same "anything but 0 and 1 is refused" "Invalid argument" "$(error online 3 x)"
    check "it comes back" online 3 1
    same "with its topology" 3,11 "$(topology 3 thread_siblings_list)"
    for i in {1..15}; do online "$i" 0; done
    same "one CPU alone is left" 0 "$(cat $CPU/online)"
    same "SMT is not active then" 0 "$(cat $CPU/smt/active)"
    for i in {1..15}; do online "$i" 1; done
    # It has forgotten where it was; sysfs-irq.sh tells of that.
    echo 2 >/proc/irq/40/smp_affinity_list
    control "cpu-offline 7"
    same "a test can take one away as well" 0-6,8-15 "$(cat $CPU/online)"
    control "cpu-online 7"
    same "and every time it was recorded" 'write cpu3/online "0"' "$(journal | grep cpu3/online | head -1)"
    unchanged "all is as it was"
}

smt_governor() {
    same "a policy has its CPU" "5 5" "$(cat $CPU/cpufreq/policy5/{affected,related}_cpus | xargs)"
    same "and is the CPU's" "$(realpath $CPU/cpufreq/policy5)" "$(realpath $CPU/cpu5/cpufreq)"
    same "there are two governors" "performance powersave " "$(cat $CPU/cpu5/cpufreq/scaling_available_governors)"
    same "a third is refused" "Invalid argument" "$(error governor 5 schedutil)"
    same "a preference is refused that is none" "Invalid argument" "$(error epp 5 fast)"
    check "another preference is taken" epp 5 power
    check "and another governor" governor 5 performance
    same "with which the preference is performance" performance "$(epp_of 5)"
    same "and cannot be another" "Device or resource busy" "$(error epp 5 power)"
    check "that one can be written" epp 5 performance
    governor 5 powersave
    same "intel_pstate puts back what was there before" power "$(epp_of 5)"
    epp 5 balance_performance
    control "fail governor 5 EIO 1" "fail epp * EBUSY 1"
    same "a write fails as told" "Input/output error" "$(error governor 5 performance)"
    same "of the preference as well" "Device or resource busy" "$(error epp 6 power)"
    control clear-log
    governor 5 performance
    same "it is recorded" 'write policy5/scaling_governor "performance"' "$(journal)"
    contains "and in the state" "cpu 5 online performance performance 0" "$(state)"
    governor 5 powersave
    unchanged "all is as it was"
}

smt_latency() {
    local file=$CPU/cpu4/power/pm_qos_resume_latency_us
    same "there is no limit of latency" 0 "$(cat $file)"
    write 20 $file
    same "there can be one" 20 "$(cat $file)"
    write n/a $file
    same "n/a is the other zero" n/a "$(cat $file)"
    same "it is not negative" "Invalid argument" "$(error write -1 $file)"
    write 0 $file
}

smt_workqueue() {
    local file=/sys/devices/virtual/workqueue/cpumask
    same "unbound work goes everywhere" ffff "$(cat $file)"
    write 00ff $file
    same "until it is told where" 00ff "$(cat $file)"
    same "nowhere is refused" "Invalid argument" "$(error write 0 $file)"
    same "so is what is beyond" "Value too large for defined data type" "$(error write 1ffff $file)"
    control "hang workqueue cpumask"
    write ffff $file &
    check_fails "a hanging write does not end" timeout 0.2 bash -c "echo ffff >$file"
    control "release cpumask"
    wait
    same "until it is released" ffff "$(cat $file)"
    control reset
    unchanged "all is as it was"
}

# ---- the others -------------------------------------------------------------------------------

numa() {
    same "masks have commas" 00000100,00000100 "$(topology 40 thread_siblings)"
    same "two sockets" "0 1" "$(topology 0 physical_package_id) $(topology 63 physical_package_id)"
    same "the second has the same core_ids again" 0 "$(topology 16 core_id)"
    same "whose caches are its own" 16-23,48-55 "$(cache 50 3 shared_cpu_list)"
    same "a node has its CPUs" 24-31,56-63 "$(cat /sys/devices/system/node/node3/cpulist)"
    same "as a mask" "ff000000,ff000000" "$(cat /sys/devices/system/node/node3/cpumap)"
    same "and its distances" "32 32 12 10" "$(cat /sys/devices/system/node/node3/distance)"
    same "a device tells its node" 2 "$(cat "$PCI"/devices/0000:65:00.0/numa_node)"
    check_fails "without EPP there is no such file" test -e "$CPU"/cpu0/cpufreq/energy_performance_preference
    check_lscpu 64 2 2 4
}

hybrid() {
    same "siblings are side by side" 2-3 "$(topology 2 thread_siblings_list)"
    same "E cores have no siblings" 20 "$(topology 20 thread_siblings_list)"
    same "but share L2 by four" "4096K 20-23" "$(cache 20 2 size) $(cache 20 2 shared_cpu_list)"
    same "which is their cluster" 20-23 "$(topology 21 cluster_cpus_list)"
    same "kinds have lists" "0-15 16-23" "$(cat /sys/devices/cpu_{core,atom}/cpus | xargs)"
    same "and capacities" "1024 612" "$(cat "$CPU"/cpu{0,16}/cpu_capacity | xargs)"
    same "and tell how fast they get" "66 40" "$(cat "$CPU"/cpu{0,16}/acpi_cppc/highest_perf | xargs)"
    same "and their frequencies" "5800000 4300000" "$(cat "$CPU"/cpu{0,16}/cpufreq/cpuinfo_max_freq | xargs)"
    check_lscpu 24 2 1 1
}

x3d() {
    same "one CCD has the cache" "98304K 0-7,16-23" "$(cache 0 3 size) $(cache 0 3 shared_cpu_list)"
    same "the other the frequency" "32768K 236" "$(cache 8 3 size) $(cat "$CPU"/cpu8/acpi_cppc/highest_perf)"
    governor 8 performance
    governor 8 powersave
    same "amd-pstate-epp puts no preference back" performance "$(epp_of 8)"
    epp 8 balance_performance
    unchanged "whoever wants it back writes it"
    check_lscpu 32 2 1 1
}

nosmt() {
    same "there is no SMT" "0 notsupported" "$(cat "$CPU"/smt/active "$CPU"/smt/control | xargs)"
    same "a policy may have all CPUs" "0 1 2 3" "$(cat "$CPU"/cpu2/cpufreq/related_cpus)"
    governor 2 performance
    same "then a governor is that of all" performance "$(governor_of 3)"
    online 2 0
    same "also when one is offline" "0 1 3" "$(cat "$CPU"/cpufreq/policy0/affected_cpus)"
    online 2 1
    governor 0 schedutil
    unchanged "all is as it was"
    check_lscpu 4 1 1 1
}

offline() {
    same "some are offline" "0-4,6-7,12,14-15" "$(cat "$CPU"/online)"
    same "or not there" "0-15 0-17 5,8-11,13,16-17" "$(cat "$CPU"/{present,possible,offline} | xargs)"
    check_fails "what is not there has no directory" test -e "$CPU"/cpu16
    same "they come when told" "0 1" "$({ cat "$CPU"/cpu5/online; online 5 1; cat "$CPU"/cpu5/online; } | xargs)"
    same "with siblings that are still offline" 5 "$(topology 5 thread_siblings_list)"
    online 5 0
    check_lscpu 16 2 1 1
}

read_topology() {
    local i file value
    for ((i = 0; i < 512; i++)); do
        for file in core_id physical_package_id thread_siblings_list; do
            read -r value <"$CPU/cpu$i/topology/$file"
        done
    done
    [ "$value" = 255,511 ]
}

move_interrupts() {
    local i
    for ((i = 24; i < 2024; i++)); do
        if [ $((i % 4)) -ne 3 ]; then echo 256-511 >"/proc/irq/$i/smp_affinity_list"; fi
    done
}

big() {
    same "there are many CPUs" 0-511 "$(cat "$CPU"/online)"
    same "their masks are long" 144 "$(wc -c <"$CPU"/cpu0/topology/package_cpus)"
    check "the topology of all can be read" read_topology
    check "all interrupts can be moved" move_interrupts
    same "they are where they belong" "1500 256-511" \
        "$(cat /proc/irq/*/smp_affinity_list | sort | uniq -c | awk '/256/ { print $1, $2 }')"
    same "each of these CPUs gets its part" 256 \
        "$(cat /proc/irq/*/effective_affinity_list | sort -n | uniq | awk '$1 >= 256' | wc -l)"
    check_lscpu 512 2 2 8
}

case $MACHINE in
smt)
    smt_topology
    smt_hotplug
    smt_governor
    smt_latency
    smt_workqueue
    ;;
big:*) big ;;
dl360)
    check_fails "a machine that tells of no CPUs has none" test -e $CPU
    check_fails "and the host's /proc/cpuinfo" test -e /sys/.sim/proc/cpuinfo
    check_fails "and no control groups" test -e /sys/fs/cgroup
    ;;
*) $MACHINE ;;
esac
plan_done
