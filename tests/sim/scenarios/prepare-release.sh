#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Devices leave the host at prepare and come back at release, exactly as they were.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine desktop

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
GPU=0000:01:00.0
SOUND=0000:01:00.1
NIC=0000:00:1f.6
boot=$(state)

vm() { domain_xml "$@" >/tmp/vm.xml; }
line() { state | grep "^$1"; }

# after SENTENCE: the host is as it was, and nothing is left in /run.
as_before() {
    same "$1: the host is as before" "$boot" "$(state)"
    same "$1: /run/hostdevctl is empty" "" "$(ls -A /run/hostdevctl 2>&1)"
}

vm win10 $UUID $GPU $SOUND
check "prepare of a GPU with its sound function succeeds" hook win10 prepare begin </tmp/vm.xml
same "prepare prints nothing on stdout" "" "$hook_stdout"
same "prepare prints nothing on stderr" "" "$hook_stderr"
same "the GPU is on vfio-pci, by its override" "$GPU vfio-pci vfio-pci 1" "$(line $GPU)"
same "so is its sound function" "$SOUND vfio-pci vfio-pci 1" "$(line $SOUND)"
same "the journal is named after the VM" win10 "$(ls -A /run/hostdevctl)"
same "the journal is root's alone" "700 600" "$(stat -c %a /run/hostdevctl /run/hostdevctl/win10 | xargs)"
for event in "start begin" "started begin" "stopped end" "attach begin" "migrate begin" \
    "restore begin" "some-future-word whenever"; do
    # shellcheck disable=SC2086
    check "$event is taken without a word" hook win10 $event </tmp/vm.xml
    same "$event prints nothing" "" "$hook_stdout$hook_stderr"
done
same "nothing was done by these" "$GPU vfio-pci vfio-pci 1" "$(line $GPU)"
check "release succeeds" hook win10 release end destroyed </tmp/vm.xml
as_before "release"
same "the way back is override, unbind, bind, override" \
    "write $GPU/driver_override \"nouveau\"
unbind $GPU vfio-pci
bind $GPU nouveau
write $GPU/driver_override \"\"" "$(journal | grep "$GPU" | tail -n 4)"
check "a second release has nothing to do and succeeds" hook win10 release end </tmp/vm.xml
check "release of a VM never seen succeeds" hook other release end </dev/null

# Release obeys the journal: the XML may be anything by then.
vm win10 $UUID $GPU $SOUND
hook win10 prepare begin </tmp/vm.xml
check "release needs no XML" hook win10 release end <<<"<garbage"
as_before "release without XML"

# Devices in other states.
vm win10 $UUID 0000:00:00.0:no
hook win10 prepare begin </tmp/vm.xml
same "a device without driver is on vfio-pci for the VM" "0000:00:00.0 vfio-pci vfio-pci 0" "$(line 0000:00:00.0)"
hook win10 release end </tmp/vm.xml
as_before "a device without driver"
same "it was not probed on the way back" 0 "$(journal | tail -n 2 | grep -c "^bind 0000:00:00.0")"

write vfio-pci $PCI/devices/$NIC/driver_override
write $NIC $PCI/drivers/e1000e/unbind
write $NIC $PCI/drivers/vfio-pci/bind
reserved=$(state)
vm win10 $UUID $NIC
check "a device reserved before is accepted" hook win10 prepare begin </tmp/vm.xml
same "and left as it is" "$reserved" "$(state)"
hook win10 release end </tmp/vm.xml
same "also at release" "$reserved" "$(state)"
write $NIC $PCI/drivers/vfio-pci/unbind
write e1000e $PCI/devices/$NIC/driver_override
write $NIC $PCI/drivers/e1000e/bind
overridden=$(state)
vm win10 $UUID $NIC
hook win10 prepare begin </tmp/vm.xml
hook win10 release end </tmp/vm.xml
same "an override that named the host's driver comes back" "$overridden" "$(state)"
write $'\n' $PCI/devices/$NIC/driver_override

# The other elements that hold PCI devices.
interface() {
    DOMAIN_DEVICES="<interface type='hostdev' managed='$1'><source><address type='pci' domain='0' bus='0' slot='0x1f' function='6'/></source></interface>" \
        domain_xml win10 $UUID >/tmp/vm.xml
}
interface yes
check "a managed <interface type='hostdev'> is accepted" hook win10 prepare begin </tmp/vm.xml
same "and left to libvirt" "$boot" "$(state)"
same "but claimed" win10 "$(ls -A /run/hostdevctl)"
hook win10 release end </tmp/vm.xml
as_before "managed <interface>"
interface no
hook win10 prepare begin </tmp/vm.xml
same "an unmanaged one is bound" "$NIC vfio-pci vfio-pci 9" "$(line $NIC)"
hook win10 release end </tmp/vm.xml
as_before "unmanaged <interface>"
DOMAIN_DEVICES="<disk type='nvme' device='disk'><source type='pci' managed='no' namespace='1'><address domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></source></disk>" \
    domain_xml win10 $UUID >/tmp/vm.xml
hook win10 prepare begin </tmp/vm.xml
same "the controller of an NVMe disk is bound" "0000:04:00.0 vfio-pci vfio-pci 11" "$(line 0000:04:00.0)"
hook win10 release end </tmp/vm.xml
as_before "NVMe disk"

# Nothing to do.
vm plain $UUID
check "a VM without host devices is prepared" hook plain prepare begin </tmp/vm.xml
same "and leaves no trace" "$boot" "$(state)"
same "not even a journal" "" "$(ls -A /run/hostdevctl)"

# Somebody took the device in hand while the VM ran.
vm win10 $UUID $NIC
hook win10 prepare begin </tmp/vm.xml
write pci-stub $PCI/devices/$NIC/driver_override
foreign=$(state)
check "release with a foreign override succeeds" hook win10 release end </tmp/vm.xml
same "and leaves it to whoever set it" "$foreign" "$(state)"
contains "and logs it" "left as it is" "$(syslog)"
write $NIC $PCI/drivers/vfio-pci/unbind
write $'\n' $PCI/devices/$NIC/driver_override
write $NIC $PCI/drivers/e1000e/bind
as_before "the test itself"

plan_done
