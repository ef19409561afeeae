#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device, and with it its whole IOMMU group, belongs to one VM at a time; a VM that is gone holds
# nothing.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine dl360

A=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
B=bbbbbbbb-0546-4c1c-96c7-1ffe204ae6ce
NVME=0000:05:00.0
OTHER=0000:08:00.0
boot=$(state)

domain_xml a $A $NVME >/tmp/a.xml
domain_xml b $B $OTHER $NVME >/tmp/b.xml

check "VM a takes the drive" hook a prepare begin </tmp/a.xml
taken=$(state)
hook b prepare begin </tmp/b.xml
same "VM b, which wants it too, is refused" 1 "$hook_status"
contains "by a message that names device and VM" "hostdevctl: $NVME (" "$hook_stderr"
contains "and says what to do" ") is in use by VM a: shut that VM down first" "$hook_stderr"
same "nothing changed, neither of a's device nor of b's other one" "$taken" "$(state)"
hook b release end </tmp/b.xml
same "libvirt's release of b does not disturb a" "$taken" "$(state)"
check "a's journal is still there" test -e /run/hostdevctl/a
hook a release end </tmp/a.xml
check "after a's release b can start" hook b prepare begin </tmp/b.xml
same "with both drives" "vfio-pci vfio-pci" "$(driver_of $NVME) $(driver_of $OTHER)"
hook b release end </tmp/b.xml
same "the host is as before" "$boot" "$(state)"

# The whole group counts: the four ports of the network card are one group.
ports=(0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:02:00.3)
conf domains/a.conf <<<$'[devices]\niommu-group = bind'
conf domains/b.conf <<<$'[devices]\niommu-group = bind'
domain_xml a $A "${ports[0]}" >/tmp/a.xml
domain_xml b $B "${ports[3]}" >/tmp/b.xml
hook a prepare begin </tmp/a.xml
hook b prepare begin </tmp/b.xml
same "a second VM cannot have another port of a card" 1 "$hook_status"
contains "since a took it along" "${ports[3]} (" "$hook_stderr"
contains "by name" "in use by VM a" "$hook_stderr"
hook a release end </tmp/a.xml
rm /etc/hostdevctl/domains/*.conf
for port in "${ports[@]}"; do # reserved for VMs, so each VM alone may start
    write vfio-pci $PCI/devices/"$port"/driver_override
    write "$port" $PCI/devices/"$port"/driver/unbind
done
write "${ports[0]}" $PCI/drivers/vfio-pci/bind
write "${ports[3]}" $PCI/drivers/vfio-pci/bind
hook a prepare begin </tmp/a.xml
hook b prepare begin </tmp/b.xml
same "nor when nothing had to be bound" 1 "$hook_status"
contains "since the group goes to one VM" "shares IOMMU group 34 with a device that VM a is using, and a group goes to one VM at a time: shut that VM down first" "$hook_stderr"
hook a release end </tmp/a.xml
check "after a, b may have it" hook b prepare begin </tmp/b.xml
hook b release end </tmp/b.xml
for port in "${ports[@]}"; do
    if [ "$(driver_of "$port")" ]; then write "$port" $PCI/drivers/vfio-pci/unbind; fi
    write $'\n' $PCI/devices/"$port"/driver_override
    write "$port" $PCI/drivers/tg3/bind
done
same "the host is as before these" "$boot" "$(state)"

# A daemon that died without release: its VM is gone, and so is its claim.
domain_xml a $A $NVME >/tmp/a.xml
domain_xml b $B $NVME >/tmp/b.xml
hook a prepare begin </tmp/a.xml
daemon_kill
hook b prepare begin </tmp/b.xml
same "what a dead daemon's VM held is free for another VM" "0 vfio-pci" "$hook_status $(driver_of $NVME)"
contains "and that is logged" "VM a is gone" "$(syslog)"
same "only b's journal is left" b "$(ls -A /run/hostdevctl)"
hook b release end </tmp/b.xml
same "and the host driver was not forgotten over it" "$boot" "$(state)"

# But not while its QEMU lives.
hook a prepare begin </tmp/a.xml
cp /usr/bin/sleep /run/qemu-system-x86
/run/qemu-system-x86 1000 &
qemu=$!
mkdir -p /run/libvirt/qemu
echo "$qemu" >/run/libvirt/qemu/a.pid
daemon_kill
hook b prepare begin </tmp/b.xml
same "a VM that runs on without its daemon keeps its device" 1 "$hook_status"
contains "and is named" "in use by VM a" "$hook_stderr"
check "the daemon that comes back tells of it" hook a reconnect begin </tmp/a.xml
kill "$qemu"
wait "$qemu" 2>/dev/null
hook b prepare begin </tmp/b.xml
same "and answers for it from then on" 1 "$hook_status"
hook a release end </tmp/a.xml
same "until release" "$boot" "$(state)"

# A PID that libvirt's file still names, but that is another program by now.
hook a prepare begin </tmp/a.xml
echo $$ >/run/libvirt/qemu/a.pid
daemon_kill
check "a reused process number keeps nothing" hook b prepare begin </tmp/b.xml
hook b release end </tmp/b.xml
same "the host is as before that" "$boot" "$(state)"
rm -r /run/libvirt

# The same VM again, after its release was lost.
hook a prepare begin </tmp/a.xml
daemon_kill
domain_xml a $A $OTHER >/tmp/a2.xml
check "a start after a lost release succeeds" hook a prepare begin </tmp/a2.xml
same "with the old device back home and the new one taken" "nvme vfio-pci" "$(driver_of $NVME) $(driver_of $OTHER)"
hook a release end </tmp/a2.xml
same "the host is as before it all" "$boot" "$(state)"

# A release that is still at work is waited for.
hook a prepare begin </tmp/a.xml
control "delay unbind $NVME 700"
hook a release end </tmp/a.xml &
sleep 0.2
check "a start meanwhile waits for it and succeeds" hook b prepare begin </tmp/b.xml
wait $!
control reset
hook b release end </tmp/b.xml
same "the host is as before all" "$boot" "$(state)"
same "/run/hostdevctl is empty" "" "$(ls -A /run/hostdevctl)"

plan_done
