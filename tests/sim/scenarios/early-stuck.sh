#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver that does not let go of its device does not stop the boot, and the other devices are reserved.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine many:64

early=/usr/lib/udev/hostdevctl-early
mapfile -t devices < <(state | cut -d ' ' -f 1)

conf early.d/all.conf <<END
[device ${devices[0]}]
[device ${devices[1]}]
[device ${devices[2]}]
END
control 'unkillable on' "hang unbind ${devices[1]}"
begun=$(now)
check_fails 'a stuck driver is a failure' timeout 100 "$early"
same 'which ends' 1 $((($(now) - begun) / 1000000 < 90))
contains 'and names the device' "${devices[1]} is reserved for VMs, but its driver does not answer" "$(kmsg)"
same 'the devices before and after it are reserved' 'vfio-pci vfio-pci' \
    "$(driver_of "${devices[0]}") $(driver_of "${devices[2]}")"
conf early.d/more.conf <<<"[device ${devices[3]}]"
begun=$(now)
check 'a device that comes while it is stuck is reserved' timeout 60 "$early" "${devices[3]}"
same 'at once' 1 $((($(now) - begun) / 1000000 < 15))
same 'on vfio-pci' vfio-pci "$(driver_of "${devices[3]}")"
control "release ${devices[1]}"
plan_done
