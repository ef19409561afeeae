#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Inside an emulated host that was only booted: tells on stdout what has become of its devices, when
# udev has done all it had to do, and runs the case's own job, if it has one.
#
# Sections begin with "=== NAME"; lib.sh reads them. It is run by boots.service, or is itself all there is
# after the initramfs: init=/boots/report.sh.
here=$(cd "$(dirname "$0")" && pwd)
if [ $$ -eq 1 ]; then
    export PATH=/usr/sbin:/usr/bin
    stty -F /dev/ttyS1 raw
    exec > /dev/ttyS1 2> /dev/console
fi

# A line each: address, vendor:device, driver or "-", override.
devices() {
    local directory driver vendor device override
    for directory in /sys/bus/pci/devices/*; do
        driver=$(readlink "$directory/driver") || driver=-
        read -r vendor < "$directory/vendor"
        read -r device < "$directory/device"
        read -r override < "$directory/driver_override"
        echo "${directory##*/} ${vendor#0x}:${device#0x} ${driver##*/} $override"
    done
}

[ $$ -eq 1 ] || udevadm settle
if [ -e "$here/job" ]; then
    echo '=== job'
    bash "$here/job" 2>&1
fi
echo '=== devices'
devices
echo '=== root'
findmnt --noheadings --output SOURCE /
echo '=== rules'
cat /run/udev/rules.d/61-hostdevctl.rules 2> /dev/null
echo '=== host-devices'
/usr/lib/udev/hostdevctl-early host-devices
echo '=== log'
dmesg --color=never
echo '=== end'
sync
systemctl poweroff --force --force
