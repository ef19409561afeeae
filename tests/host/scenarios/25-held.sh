#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A process that outlives the VM still has the drive through VFIO: taking it away from under it would
# hang for ever. Here the hook is called as libvirt would, for libvirt makes sure that QEMU is dead.
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

printf '[devices]\ntimeout = 3\n' > /etc/hostdevctl/domains/win10.conf
sed "s|<name>|<uuid>db10f5f6-0546-4c1c-96c7-1ffe204ae6ce</uuid><name>|" \
    <(domain_xml win10 "$(hostdev "$drive0" yes)") > "$scratch/win10.xml"
check 'the drive is taken' "$hook" win10 prepare begin - < "$scratch/win10.xml"
sleep 600 9<> "/dev/vfio/$(group_of "$drive0")" &
holder=$!
wait_for holds $holder "$drive0"
status=0
said=$("$hook" win10 release end - < /dev/null 2>&1) || status=$?
same 'a drive that a process holds is not given back' '1 vfio-pci' "$status $(driver_of "$drive0")"
check 'the message names the drive and the process' says "$said" "$drive0" "process $holder (sleep)"
kill $holder
wait $holder || true
check 'when the process is gone, the drive goes back' "$hook" win10 release end - < /dev/null
same 'the drive is back on its driver' nvme "$(driver_of "$drive0")"
