#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# qemu:///session runs the same hook as the user it belongs to. There is nothing it could do.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

before=$(snapshot)
domain_xml mine "$(hostdev "$drive0" yes)" > "$scratch/mine.xml"
chmod 755 "$scratch"
for operation in 'prepare begin' 'start begin' 'started begin' 'stopped end' 'release end'; do
    status=0
    # shellcheck disable=SC2086
    output=$(setpriv --reuid nobody --regid nogroup --clear-groups \
        "$hook" mine $operation - < "$scratch/mine.xml" 2>&1) || status=$?
    same "an ordinary user's $operation succeeds and says nothing" 0: "$status:$output"
done
same 'nothing on the host has changed' "$before" "$(snapshot)"
