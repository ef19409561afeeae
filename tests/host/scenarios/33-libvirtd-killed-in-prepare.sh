#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvirtd dies while its hook prepares: nobody will ever call release, so the hook has to clean up.
. "$(dirname "$0")/../lib.sh"

before=$(snapshot)
define win10 "$(hostdev "$drive0" yes)" "$(hostdev "$drive1" yes)"
printf '[devices]\ntimeout = 90\n' > /etc/hostdevctl/domains/win10.conf
keep_locked "$drive1"
start win10 > "$scratch/start" &
check 'the first drive is on its way to the VM' wait_for has_driver "$drive0" vfio-pci
kill -9 "$(libvirtd_pid)"
check 'the hook survives libvirtd' hook_runs win10
kill "$keeper"
check 'the hook ends' wait_for no_hook_runs
same 'it undid what it had done' "$before" "$(snapshot)"
systemctl start libvirtd.service
check 'the VM is off' wait_for is_off win10
