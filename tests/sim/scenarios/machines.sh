#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The two machines of which the project's first users told: what they wanted is one start away.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine dl360 desktop many:4000 builtin

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
boot=$(state)

# life SENTENCE ADDRESS...: a VM with these devices gets them all, and the host gets them back.
life() {
    local sentence=$1 taken
    shift
    domain_xml vm $UUID "$@" >/tmp/vm.xml
    check "$sentence: prepare" hook vm prepare begin </tmp/vm.xml
    taken=$(for device in "$@"; do driver_of "$device"; done | sort -u)
    same "$sentence: all are on vfio-pci" vfio-pci "$taken"
    same "$sentence: and nothing else changed" "$#" "$(diff <(echo "$boot") <(state) | grep -c '^>')"
    check "$sentence: release" hook vm release end </tmp/vm.xml
    same "$sentence: the host is as before" "$boot" "$(state)"
}

case $MACHINE in
dl360)
    life "the Tesla P10, alone in group 79" 0000:82:00.0
    life "one of three identical drives" 0000:08:00.0
    life "all three" 0000:05:00.0 0000:08:00.0 0000:0b:00.0
    life "group 32: ISA bridge, SATA, SMBus" 0000:00:1f.0 0000:00:1f.2 0000:00:1f.3
    life "group 34: the four onboard ports" 0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:02:00.3
    life "GPU and drive in one VM" 0000:82:00.0 0000:0b:00.0
    ;;
desktop)
    life "the GTX 970 and its sound, beside their root port" 0000:01:00.0 0000:01:00.1
    life "the GT 610 and its sound" 0000:03:00.0 0000:03:00.1
    # The host booted with them.
    conf domains/vm.conf <<'END'
[device 0000:00:02.0]
force = in-use
END
    life "the graphics of the processor" 0000:00:02.0
    life "both cards" 0000:01:00.0 0000:01:00.1 0000:03:00.0 0000:03:00.1
    ;;
many:*)
    mapfile -t devices < <(state | awk '$2 == "nvme" || $2 == "e1000e" { print $1 }')
    same "there are thousands of functions" true "$([ ${#devices[@]} -ge 4000 ] && echo true || echo ${#devices[@]})"
    life "one of thousands" "${devices[2000]}"
    life "hundreds of thousands" "${devices[@]:0:300}"
    ;;
builtin)
    device=$(state | awk '$2 == "nvme" { print $1; exit }')
    life "a kernel with vfio-pci built in" "$device"
    same "loads no module" "" "$(journal | grep load)"
    ;;
esac
plan_done
