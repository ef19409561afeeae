# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What a scenario begins with:
#
#     . "$(dirname "$0")/../lib.sh"
#     machine desktop
#
# Outside of a world `machine` runs the scenario in one, on machines/desktop.machine; inside it
# returns. With several names the scenario runs once on each; $MACHINE tells on which. The results
# go to stdout as TAP; a scenario ends with `plan_done`.
#
# BUILD is where the programs were built (build), STAGE what was installed with DESTDIR=$STAGE
# ($BUILD/stage, when it is there). Both are relative to the top of the source tree.
set -uo pipefail

SIM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(cd "$SIM/../.." && pwd)
SCENARIO=$(realpath "$0")
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$SOURCE/$BUILD ;; esac
STAGE=${STAGE:-$BUILD/stage}
case $STAGE in /*) ;; *) STAGE=$SOURCE/$STAGE ;; esac
case $STAGE in /*) ;; *) STAGE=$SOURCE/$STAGE ;; esac
PCI=/sys/bus/pci
tests=0 failures=0
# The daemon's version, for `hook`.
LIBVIRT=${LIBVIRT:-11.3.0}

# ---- the world ------------------------------------------------------------------------------

# machine NAME...: a name is a file in machines/, a path to one, many:N for one with N functions, or
# big:CPUS:IRQS.
machine() {
    local name status worst=0
    if [ -e /sim/machine ]; then
        make_disks
        return
    fi
    for name in "$@"; do
        run_on "$name"
        status=$?
        if [ "$status" -eq 77 ]; then exit 77; fi
        if [ "$status" -ne 0 ]; then worst=$status; fi
    done
    exit "$worst"
}

# As far as disks can be opened here they are files: nobody uses them.
make_disks() {
    local path
    while read -r _ path _; do
        : >"/dev/${path##*/}"
    done < <(grep -E '^child .* class=block( |$)' /sim/machine)
}

run_on() {
    local options=(--bind "${SCENARIO%/*}") file=$SIM/machines/$1.machine cpus irqs
    if [ -d "$STAGE" ]; then options+=(--stage "$STAGE"); fi
    case $1 in
    many:*) exec 4< <("$SIM/machines/many.sh" "${1#many:}") && file=/dev/fd/4 ;;
    big:*)
        IFS=: read -r _ cpus irqs <<<"$1"
        exec 4< <("$SIM/machines/big.sh" "$cpus" "$irqs") && file=/dev/fd/4
        ;;
    */*) file=$1 ;;
    esac
    export BUILD MACHINE=$1
    (cd "$SOURCE" && "$BUILD/tests/sim-world" "${options[@]}" "$file" -- bash "$SCENARIO")
}

# ---- results --------------------------------------------------------------------------------

pass() {
    tests=$((tests + 1))
    echo "ok $tests - $1"
}

# fail SENTENCE [LINE...]
fail() {
    tests=$((tests + 1)) failures=$((failures + 1))
    echo "not ok $tests - $1"
    shift
    if [ $# -gt 0 ]; then printf '%s\n' "$@" | sed 's/^/# /'; fi
}

# check SENTENCE COMMAND...: the command succeeds. It runs in this shell: what it sets stays.
check() {
    local sentence=$1 status
    shift
    "$@" >/run/check 2>&1
    status=$?
    if [ $status -eq 0 ]; then pass "$sentence"; else fail "$sentence" "$* = $status" "$(cat /run/check)"; fi
}

# check_fails SENTENCE COMMAND...: it does not.
check_fails() {
    local sentence=$1
    shift
    if "$@" >/run/check 2>&1; then fail "$sentence" "$* = 0" "$(cat /run/check)"; else pass "$sentence"; fi
}

# same SENTENCE EXPECTED GOT
same() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1" "expected:" "$2" "got:" "$3"
    fi
}

# contains SENTENCE PART TEXT
contains() {
    case $3 in
    *"$2"*) pass "$1" ;;
    *) fail "$1" "expected to find:" "$2" "in:" "$3" ;;
    esac
}

# skip SENTENCE REASON
skip() {
    tests=$((tests + 1))
    echo "ok $tests - $1 # SKIP $2"
}

# tool STATUS SENTENCE EXPECTED ARGUMENT...: hostdevctl with these arguments exits with that status, and
# this is all that it prints, to both, in order.
tool() {
    local status=$1 sentence=$2 expected=$3 said
    shift 3
    said=$(timeout 60 hostdevctl "$@" 2>&1)
    same "$sentence: exit" "$status" $?
    same "$sentence" "$expected" "$said"
}

plan_done() {
    echo "1..$tests"
    exit $((failures > 0))
}

# ---- the machine ----------------------------------------------------------------------------

# control COMMAND...: each argument is a line for /sys/.sim/control.
control() {
    printf '%s\n' "$@" >/sys/.sim/control
}

# One line for each device: ADDRESS DRIVER OVERRIDE GROUP.
state() {
    cat /sys/.sim/state
}

# What was done to the machine, a line each, without the numbers.
journal() {
    sed 's/^[0-9]* //' /sys/.sim/log
}

# What was written to /dev/kmsg, a line for each write.
kmsg() {
    cat /sim/kmsg
}

driver_of() {
    local link
    link=$(readlink "$PCI/devices/$1/driver") && echo "${link##*/}"
}

override_of() {
    cat "$PCI/devices/$1/driver_override"
}

# hwdb ID=NAME...: devices have these names and no others, whatever the host's own database knows. An ID
# is that of a maker, 10DE, or of a model, 10DE:1E87; 10DE:* are all models of a maker.
hwdb() {
    local entry id
    mkdir -p /etc/udev /tmp/hwdb/etc/udev/hwdb.d
    for entry in "$@"; do
        id=${entry%%=*}
        case $id in
        *:\*) printf 'pci:v0000%s*\n ID_MODEL_FROM_DATABASE=%s\n\n' "${id%:*}" "${entry#*=}" ;;
        *:*) printf 'pci:v0000%sd0000%s*\n ID_MODEL_FROM_DATABASE=%s\n\n' "${id%:*}" "${id#*:}" "${entry#*=}" ;;
        *) printf 'pci:v0000%s*\n ID_VENDOR_FROM_DATABASE=%s\n\n' "$id" "${entry#*=}" ;;
        esac
    done >/tmp/hwdb/etc/udev/hwdb.d/names.hwdb
    systemd-hwdb --root=/tmp/hwdb update && cp /tmp/hwdb/etc/udev/hwdb.bin /etc/udev/
}

# write VALUE FILE: one write, whose error message is that of the kernel.
write() {
    printf '%s' "$1" >"$2"
}

# What programs sent to syslog. A mark of our own shows that nothing is on its way any more.
syslog() {
    local mark="mark $RANDOM$RANDOM"
    logger --socket /dev/log "$mark"
    until grep -q "$mark" /sim/syslog; do sleep 0.01; done
    grep -v 'mark [0-9]*$' /sim/syslog
}

# now: microseconds, to tell how long something took.
now() {
    local time=${EPOCHREALTIME/[.,]/}
    echo "$time"
}

# wait_until COMMAND...: for up to five seconds.
wait_until() {
    local i
    for ((i = 0; i < 250; i++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.02
    done
    return 1
}

# ---- libvirt --------------------------------------------------------------------------------

DAEMON=/run/sim-libvirtd

# The daemon that calls the hook; `hook` starts it when none is there. It may be started in a
# subshell whose output somebody waits for: so it holds none of it.
daemon_start() {
    rm -f "$DAEMON.socket"
    "$BUILD/tests/sim-libvirtd" --libvirt "$LIBVIRT" --serve "$DAEMON.socket" \
        </dev/null >/dev/null 2>&1 &
    echo $! >"$DAEMON.pid"
    disown
    wait_until test -S "$DAEMON.socket"
}

# As when it crashes. The next `hook` is called by another one.
daemon_kill() {
    local pid
    pid=$(cat "$DAEMON.pid")
    kill -KILL "$pid"
    wait_until test ! -d "/proc/$pid"
    rm -f "$DAEMON.pid" "$DAEMON.socket"
}

# hook NAME OPERATION SUBOPERATION [EXTRA] < XML: calls the installed hook as the daemon does.
# Afterwards $hook_status, $hook_stdout, $hook_stderr and $hook_time (microseconds) tell of it; the
# function itself returns the status.
# shellcheck disable=SC2034
hook() {
    local scratch
    scratch=$(mktemp -d)
    [ -e "$DAEMON.pid" ] || daemon_start
    "$BUILD/tests/sim-libvirtd" --through "$DAEMON.socket" --time "$scratch/time" \
        /etc/libvirt/hooks/qemu "$1" "$2" "$3" "${4:--}" >"$scratch/stdout" 2>"$scratch/stderr"
    hook_status=$?
    hook_stdout=$(cat "$scratch/stdout")
    hook_stderr=$(cat "$scratch/stderr")
    hook_time=$(cat "$scratch/time" 2>/dev/null || echo 0)
    rm -rf "$scratch"
    return $hook_status
}

# The calls of a VM's life, with the XML in a file: start_vm XML NAME, stop_vm XML NAME. start_vm
# returns the status of prepare, and after a failure makes the calls that libvirt makes then.
start_vm() {
    local status error
    hook "$2" prepare begin <"$1"
    status=$hook_status error=$hook_stderr
    if [ "$status" -eq 0 ]; then
        hook "$2" start begin <"$1" && hook "$2" started begin <"$1"
        status=$hook_status error=$hook_stderr
    else
        stop_vm "$1" "$2"
    fi
    hook_status=$status hook_stderr=$error
    return "$status"
}

stop_vm() {
    hook "$2" stopped end <"$1"
    hook "$2" release end "${3:-destroyed}" <"$1"
}

# domains_start: from now on libvirt's clients get an answer; before, no daemon is there for them. It
# knows the VMs of the file $DOMAINS, a line each: UUID on|off NAME. domains_stop ends that.
DOMAINS=/run/sim-domains

domains_start() {
    "$BUILD/tests/sim-domains" "$DOMAINS" </dev/null >/dev/null &
    echo $! >"$DOMAINS.pid"
    disown
    wait_until test -S /run/libvirt/libvirt-sock-ro
}

domains_stop() {
    local pid
    pid=$(cat "$DOMAINS.pid") || return
    kill -KILL "$pid"
    wait_until test ! -d "/proc/$pid"
    rm -f /run/libvirt/libvirt-sock-ro
}

# conf FILE: writes stdin to /etc/hostdevctl/FILE, as an admin would.
conf() {
    mkdir -p "$(dirname "/etc/hostdevctl/$1")"
    cat >"/etc/hostdevctl/$1"
    chmod 0644 "/etc/hostdevctl/$1"
}

# domain_xml NAME UUID ADDRESS[:yes|:no]...: a VM with these PCI devices, managed='yes' unless told
# otherwise. What is in $DOMAIN_DEVICES goes into <devices> as well.
domain_xml() {
    local name=$1 uuid=$2 device
    shift 2
    cat <<END
<domain type='kvm' id='1'>
  <name>$name</name>
  <uuid>$uuid</uuid>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static'>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
${DOMAIN_DEVICES:-}
END
    for device in "$@"; do hostdev_xml "$device"; done
    printf '  </devices>\n</domain>\n'
}

# hostdev_xml ADDRESS[:yes|:no]: one <hostdev>.
hostdev_xml() {
    local address managed=yes domain bus slot function
    case $1 in
    *:yes | *:no) managed=${1##*:} address=${1%:*} ;;
    *) address=$1 ;;
    esac
    IFS=:. read -r domain bus slot function <<<"$address"
    cat <<END
    <hostdev mode='subsystem' type='pci' managed='$managed'>
      <driver name='vfio'/>
      <source>
        <address domain='0x$domain' bus='0x$bus' slot='0x$slot' function='0x$function'/>
      </source>
    </hostdev>
END
}

# ---- tasks ----------------------------------------------------------------------------------

# The machine's tasks, a line each: TID COMM AFFINITY POLICY PRIORITY NICE CGROUP, tabs between.
tasks() {
    "$BUILD/tests/sim-tasks"
}

# tasks_control COMMAND...: each argument is a command for the machine's scheduler.
tasks_control() {
    local command status=0
    for command in "$@"; do
        # The words of a command are meant to be split.
        # shellcheck disable=SC2086
        "$BUILD/tests/sim-tasks" $command || status=1
    done
    return "$status"
}

# qemu_start NAME VCPUS [IOTHREADS]: a QEMU as libvirt starts it. qemu_stop kills it, and takes away
# the file with its PID as libvirt does.
qemu_start() {
    "$BUILD/tests/sim-qemu" "$@" </dev/null >/dev/null &
    disown
    wait_until test -s "/run/libvirt/qemu/$1.pid"
}

qemu_pid() {
    cat "/run/libvirt/qemu/$1.pid"
}

qemu_stop() {
    local pid
    pid=$(qemu_pid "$1") || return
    kill -KILL "$pid"
    wait_until test ! -d "/proc/$pid/task/$pid"
    rm -f "/run/libvirt/qemu/$1.pid"
}

# thread NAME COMM: the TID of one of its threads.
thread() {
    grep -lxF "$2" "/proc/$(qemu_pid "$1")/task"/*/comm | head -n 1 | cut -d / -f 5
}

# threads NAME: its threads, a line each: COMM AFFINITY POLICY, the policy as in hostdevctl's files
# (other, fifo:10, nice:-5).
threads() {
    local pid
    pid=$(qemu_pid "$1") || return
    tasks | awk -F '\t' -v threads="$(cd "/proc/$pid/task" && echo [0-9]*)" '
        BEGIN { n = split(threads, t, " "); for (i = 1; i <= n; i++) own[t[i]] }
        $1 in own { print $2, $3, ($5 != 0 ? $4 ":" $5 : $6 != 0 ? "nice:" $6 : $4) }'
}

# host_task COMM CGROUP: a process of the host that sleeps, in this cgroup. $task is its TID.
# shellcheck disable=SC2034
host_task() {
    "$BUILD/tests/sim-tasks" run "$1" "$2" </dev/null >/dev/null &
    task=$!
    disown
    wait_until is_task "$task"
}

is_task() {
    tasks | grep -q "^$1[[:space:]]"
}

# task TID: its line without the TID, blanks between.
task() {
    tasks | sed -n "s/^$1\t//p" | tr '\t' ' '
}

# ---- systemd --------------------------------------------------------------------------------

SYSTEMD=/run/sim-systemd

# systemd_start [OPTION...]: from now on the host has systemd. A host on which it was not called has
# none.
systemd_start() {
    mkdir -p "$SYSTEMD"
    rm -f "$SYSTEMD/ready"
    "$BUILD/tests/sim-systemd" "$@" </dev/null >"$SYSTEMD/ready" &
    echo $! >"$SYSTEMD/pid"
    disown
    wait_until grep -q ready "$SYSTEMD/ready"
}

# As if it had crashed: its sockets are there, and nobody listens.
systemd_kill() {
    local pid
    pid=$(cat "$SYSTEMD/pid") || return
    kill -KILL "$pid"
    wait_until test ! -d "/proc/$pid"
}

# As if it had never been there; what it wrote stays.
systemd_stop() {
    systemd_kill
    rm -rf "$SYSTEMD" /run/dbus/system_bus_socket /run/systemd/private
    rmdir /run/systemd/system 2>/dev/null
}

# systemd_control COMMAND...: each argument is a line for sim-systemd.
systemd_control() {
    printf '%s\n' "$@" >"$SYSTEMD/control"
}

# The calls that it got, a line each.
systemd_calls() {
    cat "$SYSTEMD/log" 2>/dev/null
}
