# shellcheck shell=bash
# What a measurement begins with: like a scenario of the simulated host (../sim/lib.sh), it runs on
# a machine that is described in a file, in a world of its own, against what is installed.
#
#     . "$(dirname "$0")/lib.sh"
#     machine many:8
#
# It prints its part of the report, and ends with status 0 unless something could not be measured.
BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../sim/lib.sh
. "$BENCH/../sim/lib.sh"

# shellcheck disable=SC2034
HOOK=/etc/libvirt/hooks/qemu
# The hook asks the process that calls it for its version of libvirt, by the name of the library's
# file: the caller is a file of that name.
CALLER=/run/libvirt.so.0.11003.0
# shellcheck disable=SC2034
UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce

# What `measure` found, in microseconds, by "WAY STEP", and the largest spread of a whole way.
declare -A cpu wall
worst_spread=0
before= # the state of the machine

progress() {
    echo "bench: $*" >&2
}

# unmeasured REASON: ends the measurement. Not for subshells.
unmeasured() {
    echo "  NOT MEASURED: $*"
    progress "not measured: $*"
    exit 1
}

# aim TEXT VALUE NUMERATOR DENOMINATOR at-most|at-least HUNDREDTHS: the line that says whether the
# quotient is as it should be; run.sh counts them.
aim() {
    local verdict=missed
    case $5 in
    at-most) if [ $(($3 * 100)) -le $(($4 * $6)) ]; then verdict=met; fi ;;
    at-least) if [ $(($3 * 100)) -ge $(($4 * $6)) ]; then verdict=met; fi ;;
    esac
    echo "  aim: $1: $verdict ($2)"
}

# measure ROUNDS < TABLE: fills cpu and wall. The table is that of cost.c; the commands have the
# environment that libvirt gives to a hook.
# shellcheck disable=SC2034
measure() {
    local way step cpu_time wall_time spread
    before=$(state)
    cp "$BUILD/tests/bench/cost" "$CALLER" || unmeasured "the programs of tests/bench are not built"
    env -i LC_ALL=C PATH="$PATH" HOME=/root USER=root LOGNAME=root "$CALLER" "$1" >/run/measured ||
        unmeasured "a command failed"
    while read -r way step cpu_time wall_time spread; do
        cpu["$way $step"]=$cpu_time
        wall["$way $step"]=$wall_time
        if [ "$step" = all ] && [ "$spread" -gt "$worst_spread" ]; then worst_spread=$spread; fi
    done </run/measured
}

# counted LINE EXPECTED: so often the log of the machine has this line, a regular expression.
counted() {
    local times
    times=$(grep -cE "^[0-9]+ $1\$" /sys/.sim/log)
    [ "$times" -eq "$2" ] || unmeasured "expected $2 times \"$1\" in the machine's log, found $times"
}

# went_well DEVICES LIVES: what was measured did that many prepares and releases, and each moved
# that many devices there and back.
went_well() {
    counted "bind .* vfio-pci" $(($1 * $2))
    counted "bind .* nvme" $(($1 * $2))
    [ "$(state)" = "$before" ] || unmeasured "the machine is not as it was before"
}

# devices COUNT: the addresses of the first ones.
devices() {
    state | head -n "$1" | cut -d ' ' -f 1
}

# ---- numbers --------------------------------------------------------------------------------

# hundredths NUMERATOR DENOMINATOR: the quotient with two decimals.
hundredths() {
    local value=$((($1 * 100 + $2 / 2) / $2))
    printf '%d.%02d' $((value / 100)) $((value % 100))
}

# ms MICROSECONDS
ms() {
    hundredths "$1" 1000
}

# thousands NUMBER: 1,234,567
thousands() {
    local text=$1
    while [[ $text =~ ^([0-9]+)([0-9]{3})(.*)$ ]]; do
        text=${BASH_REMATCH[1]},${BASH_REMATCH[2]}${BASH_REMATCH[3]}
    done
    echo "$text"
}

# noise ROUNDS: for the reader, who cannot know what else the machine did.
noise() {
    echo "  ($1 rounds; the quartiles of CPU are up to $worst_spread % of the median apart)"
}
