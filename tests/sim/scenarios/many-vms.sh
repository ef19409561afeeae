#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sixteen VMs start and stop at once, over and over, and want the same eight devices: none ever has two
# owners, none is left behind, and no start fails without a true reason.
#
#     MANY_VMS_ROUNDS=200 bash tests/sim/scenarios/many-vms.sh
#
# MANY_VMS_SEED replays a run.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine many:8

rounds=${MANY_VMS_ROUNDS:-10}
RANDOM=${MANY_VMS_SEED:=$(($(date +%s) % 32768))}
mapfile -t devices < <(state | cut -d " " -f 1)
boot=$(state)
daemon_start

# What VM $1 wants: one to three of the devices.
declare -A wants
choose() {
    local count=$((RANDOM % 3 + 1)) list=' ' device
    while [ $count -gt 0 ]; do
        device=${devices[RANDOM % 8]}
        case $list in
        *" $device "*) continue ;;
        esac
        list+="$device " count=$((count - 1))
    done
    wants[$1]=$list
    # The words are meant to be split.
    # shellcheck disable=SC2086
    domain_xml "vm$1" "aaaaaaaa-0000-4000-8000-0000000000$(printf '%02d' "$1")" $list >"/run/vm$1.xml"
}

# A life as libvirt leads it, in the background: prepare, and what it said; then it waits to be stopped.
try() {
    "$BUILD/tests/sim-libvirtd" --through "$DAEMON.socket" /etc/libvirt/hooks/qemu "vm$1" prepare begin - \
        <"/run/vm$1.xml" >/dev/null 2>"/run/vm$1.said"
    echo $? >"/run/vm$1.status"
}

end() {
    local call
    for call in stopped release; do
        "$BUILD/tests/sim-libvirtd" --through "$DAEMON.socket" /etc/libvirt/hooks/qemu "vm$1" $call end - \
            <"/run/vm$1.xml" >/dev/null 2>>"/run/vm$1.said" || echo "release of vm$1 failed" >>/run/wrong
    done
}

# Prints what is wrong with a round whose VMs have all been tried.
look() {
    local vm device other holder
    declare -A owner=()
    for vm in {0..15}; do
        [ "$(cat "/run/vm$vm.status")" -eq 0 ] || continue
        for device in ${wants[$vm]}; do
            [ -z "${owner[$device]:-}" ] || echo "vm$vm and vm${owner[$device]} have $device"
            [ "$(driver_of "$device")" = vfio-pci ] || echo "$device is vm$vm's, and on $(driver_of "$device")"
            owner[$device]=$vm
        done
    done
    for vm in {0..15}; do
        [ "$(cat "/run/vm$vm.status")" -ne 0 ] || continue
        holder=$(sed -n 's/.* in use by VM \(vm[0-9]*\):.*/\1/p; s/.*a device that VM \(vm[0-9]*\) is using.*/\1/p' "/run/vm$vm.said")
        [ -n "$holder" ] || { echo "vm$vm was refused: $(cat "/run/vm$vm.said")" && continue; }
        # The holder may have been refused itself in the end, but must have wanted one of the devices.
        other=${wants[${holder#vm}]:-}
        for device in ${wants[$vm]}; do
            case $other in
            *" $device "*) continue 2 ;;
            esac
        done
        echo "vm$vm was refused for $holder, which wants none of its devices"
    done
}

: >/run/wrong
started=0
for ((round = 0; round < rounds; round++)); do
    for vm in {0..15}; do choose "$vm"; done
    for vm in {0..15}; do try "$vm" & done
    wait
    look >>/run/wrong
    started=$((started + $(cat /run/vm*.status | grep -c '^0$')))
    for vm in {0..15}; do
        if [ "$(cat "/run/vm$vm.status")" -eq 0 ]; then end "$vm" & fi
    done
    wait
    [ "$(state)" = "$boot" ] || diff <(echo "$boot") <(state) >>/run/wrong
    if [ -s /run/wrong ]; then break; fi
done
echo "# seed $MANY_VMS_SEED: $started of $((rounds * 16)) starts had what they wanted"
same "in $rounds rounds no device has two owners, and no start fails without a true reason" '' "$(head -n 20 /run/wrong)"
same 'some VMs started' 1 $((started > rounds))
same 'no journal is left' '' "$(find /run/hostdevctl -type f)"
plan_done
