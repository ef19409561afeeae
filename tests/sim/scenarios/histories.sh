#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# VMs that come, go, crash and are killed at random share a machine, and after each step it is what
# they want together; see sim-histories.c. A failure is run again with what it printed:
#
#     HISTORY_SEED=4711 HISTORY_MACHINES=smt bash tests/sim/scenarios/histories.sh
#
# HISTORY_SECONDS is how long each machine is tried.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# As many machines at once as there are processors.
if [ ! -e /sim/machine ]; then
    export HISTORY_FROM=${HISTORY_FROM:-$(date +%s)}
    for name in ${HISTORY_MACHINES:-smt numa hybrid x3d nosmt offline big:512:40}; do
        run_on "$name" &
        if [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; then wait -n || worst=$?; fi
    done
    while [ -n "$(jobs -p)" ]; do wait -n || worst=$?; done
    exit "${worst:-0}"
fi

# known: histories that once went wrong.
devices=() known=()
case $MACHINE in
smt) devices=(0000:02:00.0) ;;
numa) devices=(0000:17:00.0 0000:65:00.0 0000:b1:00.0) ;;
hybrid) devices=(0000:02:00.0) ;;
x3d) devices=(0000:03:00.1) ;;
nosmt) devices=(0000:00:19.0) known=(586184621103 586242653632) ;;
offline) devices=(0000:01:00.0) ;;
big*) devices=(0000:41:00.0 0000:c1:00.0) ;;
esac
# shellcheck disable=SC2119
systemd_start 2>/dev/null
[ -z "${HISTORY_SEED:-}" ] || known=()
for seed in "${known[@]}"; do
    "$BUILD/tests/sim-histories" --seed "$seed" "${devices[@]}" || worst=$?
done
options=(--from "$HISTORY_FROM" --seconds "${HISTORY_SECONDS:-16}")
if [ -n "${HISTORY_SEED:-}" ]; then options=(--seed "$HISTORY_SEED" --verbose); fi
"$BUILD/tests/sim-histories" "${options[@]}" "${devices[@]}" || worst=$?
exit "${worst:-0}"
