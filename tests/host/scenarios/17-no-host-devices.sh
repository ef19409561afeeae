#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Most VMs have nothing to do with host devices.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

before=$(snapshot)
define plain
check 'a VM without host devices starts' start plain
same 'nothing on the host has changed' "$before" "$(snapshot)"
check 'the VM is destroyed' destroy plain
