#!/usr/bin/env bash
# What reserving devices at boot costs on machines of 64, 512 and 4096 functions: one device by address,
# and one by its id among all that there are.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

SIZES=(64 512 4096)
ROUNDS=15

row() {
    printf '  %-34s %10s %10s %10s\n' "$@"
}

# ---- on a machine -------------------------------------------------------------------------------

# A bash script as they are passed around: it asks each device for its id.
bash_loop() {
    cat <<'END'
for device in /sys/bus/pci/devices/*; do
    if [ "$(<"$device/vendor")" = 0x144d ] && [ "$(<"$device/device")" = 0xa808 ]; then
        echo vfio-pci >"$device/driver_override"
    fi
done
END
}

table() {
    echo "early pass /dev/null /usr/lib/udev/hostdevctl-early"
    echo "loop pass /dev/null /bin/bash /run/loop.sh"
    if command -v driverctl >/dev/null; then
        echo "driverctl pass /dev/null $(command -v driverctl) load-override 0001:00:05.0"
    fi
}

one_size() {
    # By address: the device is there. By id: all have to be looked at, and none has it.
    conf early.d/bench.conf <<'END'
[device 0001:00:05.0]
id = 144d:a80a
[id 144d:a808]
END
    bash_loop >/run/loop.sh
    mkdir -p /etc/driverctl.d
    echo vfio-pci >/etc/driverctl.d/pci-0001:00:05.0
    # The drive is idle, as far as a simulated disk can be asked: there is none.
    /usr/lib/udev/hostdevctl-early || unmeasured "the pass failed"
    [ "$(driver_of 0001:00:05.0)" = vfio-pci ] || unmeasured "the device is not reserved"
    measure $ROUNDS < <(table)
    for way in early loop driverctl; do
        echo "$way ${cpu["$way pass"]:-0} ${wall["$way pass"]:-0}"
    done
    noise $ROUNDS
}

if [ -e /sim/machine ]; then
    one_size
    exit 0
fi

# ---- the report -----------------------------------------------------------------------------------

declare -A result
for size in "${SIZES[@]}"; do
    progress "early binding, $size functions: $ROUNDS rounds"
    while read -r way cpu_time wall_time; do
        result["$way $size"]=$cpu_time
        result["$way $size wall"]=$wall_time
    done < <(run_on "many:$size")
    [ -n "${result["early $size"]:-}" ] || unmeasured "nothing came of the machine with $size functions"
done

line() {
    local way=$1 title=$2 size values=()
    for size in "${SIZES[@]}"; do values+=("$(ms "${result["$way $size"]}")"); done
    row "$title" "${values[@]}"
}

echo "Early binding: one pass over a machine, CPU ms"
row "functions" "${SIZES[@]}"
line early "hostdevctl-early"
line loop "bash, a loop over all devices"
if [ "${result["driverctl 64"]}" -gt 0 ]; then
    line driverctl "driverctl, for each device reserved"
else
    echo "  driverctl is not installed"
fi
aim "a pass over 4096 functions takes less than 20 ms of CPU" "$(ms "${result["early 4096"]}") ms" \
    "${result["early 4096"]}" 20000 at-most 100
aim "4096 functions cost about 8 times as much as 512, no more than 10" \
    "$(hundredths "${result["early 4096"]}" "${result["early 512"]}")" \
    "${result["early 4096"]}" "${result["early 512"]}" at-most 1000
