#!/usr/bin/env bash
# Devices whose drivers take their time to let go: what counts is the clock, and the person who
# waits for the VM.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
machine many:8

ROUNDS=3
DEVICES=8
SLOWNESS=300
XML=/run/vm.xml

row() {
    printf '  %-46s %9s\n' "$@"
}

mapfile -t addresses < <(devices $DEVICES)
domain_xml vm $UUID "${addresses[@]}" >$XML
for address in "${addresses[@]}"; do
    control "delay unbind:nvme $address $SLOWNESS"
done

echo "Prepare of $DEVICES devices whose drivers take $SLOWNESS ms each to let go"
progress "slow drivers: $ROUNDS rounds"
measure $ROUNDS <<END_OF_TABLE
hook prepare $XML $HOOK vm prepare begin -
hook release $XML $HOOK vm release end -
bash prepare $XML $BENCH/ways/bash-hook.sh listed vm prepare begin -
bash release $XML $BENCH/ways/bash-hook.sh listed vm release end -
END_OF_TABLE
went_well $DEVICES $((2 * (ROUNDS + 1)))
[ "${wall["hook prepare"]}" -gt $((SLOWNESS * 1000)) ] || unmeasured "the drivers were not slow"
row "" "wall ms"
row "hostdevctl, side by side" "$(ms "${wall["hook prepare"]}")"
row "bash, one after another" "$(ms "${wall["bash prepare"]}")"
echo "  ($ROUNDS rounds)"
aim "under 600 ms" "$(ms "${wall["hook prepare"]}") ms" "${wall["hook prepare"]}" 600000 at-most 100
