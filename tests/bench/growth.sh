#!/usr/bin/env bash
# What many devices cost: each as much as the one before.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
machine many:1000

FEW_ROUNDS=40
MANY_ROUNDS=8

row() {
    printf '  %8s %12s %12s %12s %12s %12s %12s\n' "$@"
}

# size COUNT
size() {
    row "$1" "$(ms "${cpu["$1 prepare"]}")" "$(ms "${cpu["$1 release"]}")" \
        "$(hundredths "${cpu["$1 all"]}" $((1000 * $1)))" \
        "$(ms "${wall["$1 prepare"]}")" "$(ms "${wall["$1 release"]}")" \
        "$(hundredths "${wall["$1 all"]}" $((1000 * $1)))"
}

# table COUNT...
table() {
    local count addresses
    for count in "$@"; do
        mapfile -t addresses < <(devices "$count")
        domain_xml "vm$count" $UUID "${addresses[@]}" >"/run/$count.xml"
        echo "$count prepare /run/$count.xml $HOOK vm$count prepare begin -"
        echo "$count release /run/$count.xml $HOOK vm$count release end -"
    done
}

echo "More devices: 1 to 1000 of a machine that has 1000"
progress "1 and 10 devices: $FEW_ROUNDS rounds"
measure $FEW_ROUNDS < <(table 1 10)
went_well 11 $((FEW_ROUNDS + 1))
control clear-log
progress "100 and 1000 devices: $MANY_ROUNDS rounds"
measure $MANY_ROUNDS < <(table 100 1000)
went_well 1100 $((MANY_ROUNDS + 1))
row "" "CPU ms" "CPU ms" "CPU ms" "wall ms" "wall ms" "wall ms"
row devices prepare release "per device" prepare release "per device"
for count in 1 10 100 1000; do size $count; done
noise "$FEW_ROUNDS and $MANY_ROUNDS"
echo "  1000 devices cost $(hundredths "${wall["1000 all"]}" "${wall["100 all"]}") times the wall time of 100"
aim "1000 devices cost about 10 times the CPU of 100, no more than 12" \
    "$(hundredths "${cpu["1000 all"]}" "${cpu["100 all"]}")" \
    "${cpu["1000 all"]}" "${cpu["100 all"]}" at-most 1200
