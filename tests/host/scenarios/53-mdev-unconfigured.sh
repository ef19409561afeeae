#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An mdev that nobody has said anything about: the message is all the manual that is needed.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

plug_gpu
modprobe kvmgt
before=$(snapshot)
define win10 "$(mdev_xml "$uuid")"
check 'a VM with an mdev that is not configured is refused' is_refused win10
check 'the message lists the types and their parent' \
    says "$said" 'hostdevctl: ' "$uuid" "$gvt" i915-GVTg_V5_{1,2,4,8}
check 'and the lines to write into which file' \
    says "$said" /etc/hostdevctl/domains/win10.conf "[mdev $uuid]" 'type = '
check 'these lines can be copied: each stands on its own' \
    grep -x "[[:space:]]*\[mdev $uuid\]" <<< "$said"
same 'nothing on the host has changed' "$before" "$(snapshot)"
