#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A qemu hook as people write it for a VM that gets CPUs of its own; which they are is written into
# the script (here, they are arguments).
#
#     cpu-hook.sh HOW ALL HOST VM NAME OPERATION SUBOPERATION EXTRA < XML
#
# ALL, HOST and VM are CPUs: of the machine, those that are left to it, and those of the VM.
#
# HOW: `systemctl`, three of them, and loops over the interrupts and governors, which keep what was
# there in a file; `python`, vfio-isolate once for each command; `chained`, vfio-isolate once for all,
# as in the full example of its README; `tidy`, no way to do it: makes systemd forget what systemctl
# leaves behind.

how=$1 all=$2 host=$3 vm=$4 operation=$6
undo=/run/cpu-hook
units="system.slice user.slice init.scope"

slices() {
    local unit
    for unit in $units; do
        systemctl set-property --runtime "$unit" "AllowedCPUs=$1"
    done
}

# quiet FILE VALUE: writes it, and a line for the way back. Interrupts that the kernel manages refuse.
quiet() {
    local before
    read -r before <"$1"
    if echo "$2" >"$1"; then echo "$1 $before"; fi
} 2>/dev/null

# each_cpu LIST: its CPUs.
each_cpu() {
    local part cpu
    for part in ${1//,/ }; do
        for ((cpu = ${part%-*}; cpu <= ${part#*-}; cpu++)); do echo "$cpu"; done
    done
}

enable() {
    local file cpu
    slices "$host"
    {
        for file in /proc/irq/*/smp_affinity_list; do
            quiet "$file" "$host"
        done
        for cpu in $(each_cpu "$vm"); do
            quiet "/sys/devices/system/cpu/cpu$cpu/cpufreq/scaling_governor" performance
        done
    } >$undo
}

disable() {
    local file before
    while read -r file before; do echo "$before" >"$file"; done <$undo
    rm $undo
    slices "$all"
}

isolate() {
    # The system's own: a wrapper in PATH would cost more than Python itself.
    /usr/bin/python3 "${0%/*}/isolate.py" "$@"
}

case $how/$operation in
systemctl/prepare) enable ;;
systemctl/release) disable ;;
python/prepare)
    isolate $undo.1 "cpusets=$host"
    isolate $undo.2 "irqs=$vm"
    isolate $undo.3 "governor=$vm"
    ;;
python/release)
    isolate $undo.3 restore
    isolate $undo.2 restore
    isolate $undo.1 restore
    ;;
chained/prepare) isolate $undo "cpusets=$host" "irqs=$vm" "governor=$vm" ;;
chained/release) isolate $undo restore ;;
tidy/*)
    # shellcheck disable=SC2086
    systemctl revert $units 2>/dev/null
    ;;
esac
