#!/usr/bin/env bash
# What a VM without host devices pays. Its owner never asked for this hook, and most of the price
# is the start of a program with these libraries.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
machine desktop

ROUNDS=400
XML=$BENCH/plain.xml
EMPTY=/run/empty
declare -A instructions

libraries() {
    objdump -p "$(realpath "$1")" | sed -n 's/^ *NEEDED *//p' | sort
}

# count_instructions WAY COMMAND...: from the first one of the dynamic linker on.
count_instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "${@:2}" \
        <"$XML" >/dev/null 2>/run/valgrind ||
        unmeasured "$2 fails under valgrind: $(tail -n 1 /run/valgrind)"
    instructions[$1]=$(sed -n 's/^.*Collected : //p' /run/valgrind)
    # A child would be counted with all that its parent did before.
    [[ ${instructions[$1]} =~ ^[0-9]+$ ]] || unmeasured "$2 is not one process under callgrind"
}

row() {
    printf '  %-38s %9s %9s %14s\n' "$@"
}

# way WAY LABEL COMMAND...
way() {
    count_instructions "$1" "${@:3}"
    row "$2" "$(ms "${cpu["$1 all"]}")" "$(ms "${wall["$1 all"]}")" \
        "$(thousands "${instructions[$1]}")"
}

cp "$BUILD/tests/bench/empty" $EMPTY || unmeasured "the programs of tests/bench are not built"
[ "$(libraries $EMPTY)" = "$(libraries $HOOK)" ] ||
    unmeasured "the hook and the empty program are linked with different libraries"

echo "A VM without host devices"
progress "a VM without host devices: $ROUNDS rounds"
measure $ROUNDS <<END_OF_TABLE
empty   prepare $XML $EMPTY plain prepare begin -
ignored started $XML $HOOK plain started begin -
hook    prepare $XML $HOOK plain prepare begin -
bash    prepare $XML bash -c : plain prepare begin -
END_OF_TABLE

progress "the same under callgrind"
row "" "CPU ms" "wall ms" instructions
way empty "an empty main(), same flags, libraries" $EMPTY plain prepare begin -
way ignored "the hook at an event it ignores" $HOOK plain started begin -
way hook "the hook at prepare" $HOOK plain prepare begin -
way bash "bash -c :, for comparison" bash -c : plain prepare begin -
row "the hook at prepare : the empty main()" \
    "$(hundredths "${cpu["hook all"]}" "${cpu["empty all"]}")" \
    "$(hundredths "${wall["hook all"]}" "${wall["empty all"]}")" \
    "$(hundredths "${instructions[hook]}" "${instructions[empty]}")"
noise $ROUNDS
aim "at most 1.25 times the CPU of the empty main()" \
    "$(hundredths "${cpu["hook all"]}" "${cpu["empty all"]}")" \
    "${cpu["hook all"]}" "${cpu["empty all"]}" at-most 125
