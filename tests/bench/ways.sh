#!/usr/bin/env bash
# The life of a VM with eight devices, by this hook and by those that people write.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
machine many:8

ROUNDS=40
DEVICES=8
WAYS=(hook each once listed nodedev)
XML=/run/vm.xml
EMPTY=$BUILD/tests/bench/empty

row() {
    printf '  %-50s %9s %9s %9s %9s\n' "$@"
}

# way WAY LABEL
way() {
    row "$2" "$(ms "${cpu["$1 all"]}")" "$(hundredths "${cpu["$1 all"]}" "${cpu["hook all"]}")" \
        "$(ms "${wall["$1 all"]}")" "$(hundredths "${wall["$1 all"]}" "${wall["hook all"]}")"
}

# aims WAY LABEL
aims() {
    aim "at least 10 times less CPU than $2" \
        "$(hundredths "${cpu["$1 all"]}" "${cpu["hook all"]}")" \
        "${cpu["$1 all"]}" "${cpu["hook all"]}" at-least 1000
}

table() {
    local way command
    echo "start prepare $XML $EMPTY"
    echo "start release $XML $EMPTY"
    for way in "${WAYS[@]}"; do
        command="$BENCH/ways/bash-hook.sh $way"
        if [ "$way" = hook ]; then command=$HOOK; fi
        echo "$way prepare $XML $command vm prepare begin -"
        echo "$way release $XML $command vm release end -"
    done
}

mapfile -t addresses < <(devices $DEVICES)
domain_xml vm $UUID "${addresses[@]}" >$XML

echo "Prepare and release of $DEVICES devices"
progress "prepare and release of $DEVICES devices: $ROUNDS rounds of ${#WAYS[@]} ways"
measure $ROUNDS < <(table)
went_well $DEVICES $((${#WAYS[@]} * (ROUNDS + 1)))
row "" "CPU ms" "x hook" "wall ms" "x hook"
way hook "hostdevctl"
way start "  of which starting a program with its libraries"
way each "bash, an xmllint for each value of an address"
way once "bash, one xmllint for all addresses"
way listed "bash, the addresses written into the script"
way nodedev "bash, a process for each device"
noise $ROUNDS
cat <<'END_OF_TEXT'
  CPU is that of all processes of each way, not that of the simulated /sys; but what the kernel does
  for FUSE on their behalf is in it, and the more often a way looks at /sys, the more it is.
  The bash hooks write driver_override, unbind and drivers_probe, and look at nothing: not at the
  IOMMU group, not at other VMs, not at what came of a write, and a write that hangs hangs libvirt.
  "A process for each device" stands in for virsh nodedev-detach and -reattach: a bash script that
  makes those three writes. virsh itself also links libvirt and talks to the daemon.
END_OF_TEXT
aims each "bash with an xmllint for each value"
aims once "bash with one xmllint"
aims listed "bash with the addresses in the script"
aims nodedev "a process for each device"
