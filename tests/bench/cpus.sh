#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A VM with four vCPUs gets two cores of its own: pin = auto, isolate, irq = move, governor =
# performance. Measured are prepare and release, by this hook and by those that people write
# (ways/cpu-hook.sh, ways/isolate.py), on machines of more and more CPUs and interrupts: each is a
# world of its own, in which all ways take turns; the report compares what was found in one world.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

MACHINES=(big:16:40 big:64:40 big:512:40 big:64:2000)
ROUNDS=15
LARGE_ROUNDS=4
XML=/run/vm.xml
PYTHON=/usr/bin/python3
EMPTY=$BUILD/tests/bench/empty
CPU_HOOK=$BENCH/ways/cpu-hook.sh
WAYS=(hook python chained systemctl)
if [ ! -x $PYTHON ]; then WAYS=(hook systemctl); fi

# ---- in a world -----------------------------------------------------------------------------

# What counts of the state: without what neither systemd nor the kernel takes back, that groups have
# the controller, and that they name all CPUs where they named none.
host() {
    state | sed -E "/^cgroup \/ /d; /^cgroup /{s/ control=[^ ]*//; s/ cpus=($all)? mems=.*//}"
}

# words WAY: the command of a way.
words() {
    case $1 in
    hook) echo $HOOK ;;
    *) echo "$CPU_HOOK $1 $all $host $vm" ;;
    esac
}

# effect WAY: the parts of the state that all ways change, while the VM runs.
effect() {
    $(words "$1") vm prepare begin - <$XML >&2 || echo "$1: prepare failed"
    host | grep -E '^(irq|cpu|cgroup) '
    $(words "$1") vm release end - <$XML >&2 || echo "$1: release failed"
    if [ "$1" = systemctl ]; then $(words tidy) vm release end - >&2; fi
}

table() {
    local way
    echo "start prepare $XML $EMPTY"
    echo "start release $XML $EMPTY"
    for way in "${WAYS[@]}"; do
        echo "$way prepare $XML $(words "$way") vm prepare begin -"
        echo "$way release $XML $(words "$way") vm release end -"
    done
    # Else the hook would find, from the second round on, what systemctl left to systemd.
    echo "tidy release $XML $(words tidy) vm release end -"
}

in_world() {
    local boot wanted key way rounds=$ROUNDS
    case $MACHINE in *:2000 | *:512:*) rounds=$LARGE_ROUNDS ;; esac
    # It says when a cpuset cannot be made empty.
    # shellcheck disable=SC2119
    systemd_start 2>/dev/null || unmeasured "no systemd in the simulated host"
    conf domains/vm.conf <<<"[cpu]
pin = auto
isolate = yes
irq = move
governor = performance"
    domain_xml vm $UUID |
        sed "s|<vcpu.*|<vcpu>4</vcpu><cpu><topology sockets='1' cores='2' threads='2'/></cpu>|" >$XML
    all=$(cat /sys/devices/system/cpu/online)
    boot=$(host)
    $HOOK vm prepare begin - <$XML || unmeasured "the hook failed"
    vm=$(state | awk '$1 == "cpu" && $4 == "performance" { printf "%s%s", comma, $2; comma = "," }')
    [ -n "$vm" ] || unmeasured "the hook set no governor"
    host=$(state | sed -n 's/^cgroup system.slice .*cpus=\([^ ]*\) .*/\1/p')
    wanted=$(host | grep -E '^(irq|cpu|cgroup) ')
    $HOOK vm release end - <$XML || unmeasured "the hook failed"
    for way in "${WAYS[@]}"; do
        [ "$(effect "$way")" = "$wanted" ] || unmeasured "$way does not do what the hook does"
        [ "$(host)" = "$boot" ] || unmeasured "$way leaves the machine other than it was"
    done
    progress "CPUs of its own on $MACHINE: $rounds rounds of ${#WAYS[@]} ways"
    measure $rounds < <(table)
    [ "$(host)" = "$boot" ] || unmeasured "the machine is not as it was before"
    for key in "${!cpu[@]}"; do echo "= $key ${cpu[$key]} ${wall[$key]}"; done
    echo "= noise all $worst_spread 0"
}

if [ -e /sim/machine ]; then
    in_world
    exit
fi

# ---- the report -----------------------------------------------------------------------------

# row MACHINE WAY LABEL
row() {
    local way=$1\ $2 hook="$1 hook all"
    [ -n "${cpu["$way all"]:-}" ] || return
    line "$3" "$(ms "${cpu["$way prepare"]}")" "$(ms "${cpu["$way release"]}")" \
        "$(hundredths "${cpu["$way all"]}" "${cpu[$hook]}")" \
        "$(ms "${wall["$way all"]}")" "$(hundredths "${wall["$way all"]}" "${wall[$hook]}")"
}

line() {
    printf '  %-46s %9s %9s %9s %9s %9s\n' "$@"
}

# rows MACHINE
rows() {
    local cpus irqs
    IFS=: read -r _ cpus irqs <<<"$1"
    line "$cpus CPUs, $irqs interrupts" prepare release "x hook" "wall ms" "x hook"
    row "$1" hook "hostdevctl"
    row "$1" start "  of which starting a program, twice"
    row "$1" python "vfio-isolate's way, a Python for each command"
    row "$1" chained "vfio-isolate's way, one Python for all"
    row "$1" systemctl "bash, systemctl three times, loops"
}

# growth FROM TO COUNT WHAT: what each of so many more costs the hook.
growth() {
    local more=$((cpu["$2 hook all"] - cpu["$1 hook all"]))
    echo "  $4: $(ms "${cpu["$1 hook all"]}") to $(ms "${cpu["$2 hook all"]}") ms of CPU," \
        "$(hundredths $more "$3") us for each"
}

# measured_on MACHINE: what was measured in its world, by "MACHINE WAY STEP".
measured_on() {
    local status mark way step cpu_time wall_time
    run_on "$1" >"$scratch"
    status=$?
    if [ $status -ne 0 ]; then
        cat "$scratch"
        exit $status
    fi
    while read -r mark way step cpu_time wall_time; do
        if [ "$mark" != = ]; then continue; fi
        cpu["$1 $way $step"]=$cpu_time
        wall["$1 $way $step"]=$wall_time
    done <"$scratch"
    if [ "${cpu["$1 noise all"]}" -gt "$worst_spread" ]; then worst_spread=${cpu["$1 noise all"]}; fi
}

scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
echo "A VM with four CPUs of its own: pinned, isolated, interrupts moved, governor set"
for name in "${MACHINES[@]}"; do
    measured_on "$name"
    rows "$name"
done
noise "$ROUNDS and $LARGE_ROUNDS"
growth big:16:40 big:64:40 48 "64 CPUs instead of 16"
growth big:64:40 big:512:40 448 "512 CPUs instead of 64"
growth big:64:40 big:64:2000 1960 "2000 interrupts instead of 40"
cat <<'END_OF_TEXT'
  prepare and release are ms of CPU. No QEMU runs: libvirt pins its threads for the other ways.
  What the kernel does for FUSE is in it, which is most of it: the more often a way opens a file of
  the machine, the more it costs, and much more than on a real one.
  Three of four interrupts can be moved, the kernel manages the others. Only the hook also looks for
  the CPUs, moves work queues and the interrupts to come, and keeps a journal.
END_OF_TEXT
[ -x $PYTHON ] || echo "  There is no $PYTHON on this machine."
