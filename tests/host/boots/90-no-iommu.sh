#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host that was booted without its IOMMU: hostdevctl check says so, and which word of the kernel line
# it is.
# Only on bookworm.
. "$(dirname "$0")/lib.sh"

# failed: the lines of what the host's own check says that are FAIL.
failed() {
    grep ' FAIL ' "$scratch/seen/job"
}

# It is a terminal that it prints to.
job << 'JOB'
NO_COLOR=1 hostdevctl check
echo "exit $?"
JOB
check 'the host comes up without its IOMMU' boot initramfs-tools intel_iommu=off
diagnose < "$scratch/seen/job"
check 'that is wrong' grep -qx 'exit 1' "$scratch/seen/job"
same 'and nothing else' IOMMU "$(failed | cut -d ' ' -f 1)"
check 'the word that turns it off is named' says "$(failed)" 'take intel_iommu=off away from the kernel line'
