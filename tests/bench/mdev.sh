#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Mediated devices that are there while a VM runs: by this hook, by mdevctl, and by the bash hook of
# the guides. The VM win10 has one, the VM eight has eight; ways/gvt-hook.sh knows both.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
machine gvt

ROUNDS=100
MANY=8
GPU=0000:00:02.0
EMPTY=$BUILD/tests/bench/empty
BASH_HOOK=$BENCH/ways/gvt-hook.sh
EIGHT=11111111-2222-3333-4444-555555555555
declare -A type=([win10]=i915-GVTg_V5_4 [eight]=i915-GVTg_V5_8)
WAYS=(hook mdevctl listed string)
MANY_WAYS=(hook mdevctl listed all)

row() {
    printf '  %-44s %9s %9s %9s %9s\n' "$@"
}

# way WAY LABEL
way() {
    [ -n "${cpu["$1 all"]:-}" ] || return
    row "$2" "$(ms "${cpu["$1 all"]}")" "$(hundredths "${cpu["$1 all"]}" "${cpu["hook all"]}")" \
        "$(ms "${wall["$1 all"]}")" "$(hundredths "${wall["$1 all"]}" "${wall["hook all"]}")"
}

# many WAY OF_ONE LABEL: what $MANY cost by WAY, and by OF_ONE each further one.
many() {
    local whole=${cpu["$1-many all"]:-}
    [ -n "$whole" ] || return
    row "$3" "$(ms "$whole")" "$(hundredths "$whole" "${cpu["hook-many all"]}")" \
        "$(hundredths "$whole" "${cpu["$2 all"]}")" \
        "$(ms $(((whole - cpu["$2 all"]) / (MANY - 1))))"
}

# uuids VM
uuids() {
    local i
    case $1 in
    win10) echo $UUID ;;
    eight) for ((i = 0; i < MANY; i++)); do echo "${UUID%?}$i"; done ;;
    esac
}

# configure VM UUID: as an admin would; its XML goes to /run/VM.xml.
configure() {
    for uuid in $(uuids "$1"); do
        printf '[mdev %s]\nparent = %s\ntype = %s\n' "$uuid" $GPU "${type[$1]}"
    done | conf "domains/$1.conf"
    DOMAIN_DEVICES=$(
        for uuid in $(uuids "$1"); do
            echo "    <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>
      <source><address uuid='$uuid'/></source>
    </hostdev>"
        done
    )
    domain_xml "$1" "$2" >"/run/$1.xml"
}

# lives WAY HOW VM: the rows of the table for the life of a VM.
lives() {
    local uuid command="$BASH_HOOK $2"
    case $2 in
    mdevctl)
        for uuid in $(uuids "$3"); do
            echo "$1 start /dev/null mdevctl start --uuid $uuid --parent $GPU --type ${type[$3]}"
        done
        for uuid in $(uuids "$3"); do
            echo "$1 stop /dev/null mdevctl stop --uuid $uuid"
        done
        return
        ;;
    hook) command=$HOOK ;;
    esac
    echo "$1 prepare /run/$3.xml $command $3 prepare begin -"
    echo "$1 release /run/$3.xml $command $3 release end -"
}

table() {
    local way
    echo "start prepare /run/win10.xml $EMPTY"
    echo "start release /run/win10.xml $EMPTY"
    for way in "${WAYS[@]}"; do lives "$way" "$way" win10; done
    for way in "${MANY_WAYS[@]}"; do lives "$way-many" "$way" eight; done
}

# went_well_with VM WAYS: each way created and removed all mediated devices of the VM in each round.
went_well_with() {
    local uuid
    for uuid in $(uuids "$1"); do
        counted "create $uuid $GPU ${type[$1]}" $(($2 * (ROUNDS + 1)))
        counted "remove $uuid $GPU ${type[$1]}" $(($2 * (ROUNDS + 1)))
    done
}

mdevctl=$(command -v mdevctl)
if [ -z "$mdevctl" ]; then
    WAYS=(hook listed string)
    MANY_WAYS=(hook listed all)
fi
control "load kvmgt"
configure win10 $UUID
configure eight $EIGHT

echo "Create and remove of mediated devices"
progress "create and remove of 1 and $MANY mediated devices: $ROUNDS rounds of ${#WAYS[@]} ways"
measure $ROUNDS < <(table)
went_well_with win10 ${#WAYS[@]}
went_well_with eight ${#MANY_WAYS[@]}
[ "$(state)" = "$before" ] || unmeasured "the machine is not as it was before"
row "one" "CPU ms" "x hook" "wall ms" "x hook"
way hook "hostdevctl"
way start "  of which starting a program, twice"
way mdevctl "mdevctl start and stop"
way listed "bash, the UUID written into the script"
way string "bash, the UUID taken from the XML by xmllint"
row "$MANY, one VM" "CPU ms" "x hook" "x one" "ms more"
many hook hook "hostdevctl"
many mdevctl mdevctl "mdevctl, $MANY starts and $MANY stops"
many listed listed "bash, the UUIDs written into the script"
many all string "bash, the UUIDs taken by one xmllint"
noise $ROUNDS
cat <<'END_OF_TEXT'
  "ms more" is the CPU of each mediated device after the first. Nothing but a hook calls mdevctl when
  a VM starts: bash comes on top of it. The bash hooks make the two writes and look at nothing: not
  at what is there already, not at what comes of a write, and one that hangs hangs libvirt.
  The simulated driver takes no time.
END_OF_TEXT
[ -n "$mdevctl" ] || echo "  There is no mdevctl on this machine."
