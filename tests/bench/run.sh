#!/usr/bin/env bash
# What the hook costs, next to other ways: runs all measurements and prints one report. Nothing is
# asserted: the status is 0 unless something could not be measured.
set -uo pipefail

directory=$(dirname "$0")
report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0

# About the machine, which explains many a number.
about() {
    echo "hostdevctl bench: what the hook costs"
    echo
    echo "$(nproc) x $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), load $(cut -d ' ' -f 1 /proc/loadavg)"
    cat <<'END_OF_TEXT'
The installed hook in the simulated host. Times are medians of rounds in which all ways take turns;
CPU is user and system time of a process and of all that it started.
END_OF_TEXT
}

part() {
    echo
    bash "$directory/$1" </dev/null || status=1
}

main() {
    about
    part start.sh
    part ways.sh
    part mdev.sh
    part cpus.sh
    part growth.sh
    part slow-drivers.sh
    part early.sh
    echo
    return $status
}

main | tee "$report"
status=${PIPESTATUS[0]}
echo "aims: $(grep -c '^  aim: .*: met (' "$report") met, $(grep -c '^  aim: .*: missed (' "$report") missed, in $SECONDS s"
if [ "$status" -ne 0 ]; then
    echo "Not everything could be measured." >&2
    exit 1
fi
