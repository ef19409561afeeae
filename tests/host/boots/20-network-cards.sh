#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two identical network cards, the second is reserved; and what udev's rules cost the others.
# Only on trixie.
. "$(dirname "$0")/lib.sh"

reserve reserved '[device 0000:05:00.0]' 'id = 8086:10d3'
job << 'JOB'
rules=/run/udev/rules.d/61-hostdevctl.rules
if udevadm verify $rules > /tmp/verify 2>&1; then
    echo verified
else
    cat /tmp/verify
fi
for address in 0000:04:00.0 0000:05:00.0 0000:01:00.0; do
    udevadm test --action=add /sys/bus/pci/devices/$address > /tmp/$address 2>&1
    echo "$address runs: $(grep -c 'hostdevctl-early 0000' /tmp/$address)"
done
echo "said of the rules: $(grep "${rules##*/}:" /tmp/0000* | grep -v 'RUN\|hostdevctl-early')"
JOB
check 'the host comes up' boot initramfs-tools
same 'of two identical network cards, the second is reserved' \
    'e1000e vfio-pci nvme' "$(drivers 04:00.0 05:00.0 01:00.0)"
check "the host's driver has never touched it" never_touched e1000e 05:00.0
check 'udev runs the early binder for the reserved card' says "$(seen job)" '0000:05:00.0 runs: 1'
check 'and no process for its twin, nor for a drive' says "$(seen job)" '0000:04:00.0 runs: 0' '0000:01:00.0 runs: 0'
check 'udev has nothing to say about the rules' grep -x 'said of the rules: ' "$scratch/seen/job"
# boots.sh's.
# shellcheck disable=SC2154
if [ "$release" != bookworm ]; then
    check 'udevadm verify finds nothing wrong with them' grep -x verified "$scratch/seen/job"
fi
