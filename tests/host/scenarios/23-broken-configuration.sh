#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A mistake in the VM's file: nothing happens by halves.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

before=$(snapshot)
define win10 "$(hostdev "$drive0" yes)"
printf '[devices]\ndetach = sometimes\n' > /etc/hostdevctl/domains/win10.conf
check 'a VM with a broken file is refused' is_refused win10
check 'the message says file and line' says "$said" '/etc/hostdevctl/domains/win10.conf:2'
same 'nothing on the host has changed' "$before" "$(snapshot)"
echo 'detach = all' > /etc/hostdevctl/domains/win10.conf
check 'a key outside of any section is refused, too' is_refused win10
check 'the message says file and line of that' says "$said" '/etc/hostdevctl/domains/win10.conf:1'
printf '[devices]\ndetach = all\n' > /etc/hostdevctl/domains/win10.conf
chmod o+w /etc/hostdevctl/domains/win10.conf
check 'a file that anybody may write is refused' is_refused win10
check 'the message names the file' says "$said" /etc/hostdevctl/domains/win10.conf
chmod o-w /etc/hostdevctl/domains/win10.conf
check 'with the file repaired the VM starts' start win10
check 'the VM is destroyed' destroy win10
