#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A file that the initramfs knows nothing of, or a host without an initramfs: the unit makes up for it,
# as far as the drivers that came earlier can still be parted from their devices.
# Only on trixie.
. "$(dirname "$0")/lib.sh"

early_enough() {
    local ended started
    { read -r ended && read -r started; } < "$scratch/seen/job"
    echo "ended after $ended us, udev triggered after $started us"
    [ "$ended" -gt 0 ] && [ "$ended" -le "$started" ]
}

job << 'JOB'
systemctl show --value --property ExecMainExitTimestampMonotonic hostdevctl-early.service
systemctl show --value --property ExecMainStartTimestampMonotonic systemd-udev-trigger.service
JOB
echo '# nothing' | put_in_initramfs "$early_d/reserved.conf"
reserve reserved '[id 1b36:0010]' '[device 0000:05:00.0]'
check 'the host comes up' boot initramfs-tools
same 'all drives of the kind are reserved but the one with the root file system' \
    'nvme vfio-pci vfio-pci' "$(drivers 01:00.0 02:00.0 03:00.0)"
check 'and the log says why' logged 'hostdevctl: 0000:01:00.0 is left to the host: '
same 'one of two network cards is reserved' 'e1000e vfio-pci' "$(drivers 04:00.0 05:00.0)"
check 'the unit has ended before udev looks for drivers' early_enough
