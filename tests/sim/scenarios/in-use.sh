#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the host is using stays with the host, and the VM's start is refused with the name of the user.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine busy

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
boot=$(state)

# refused SENTENCE ADDRESS PART: the start is refused with these words, and nothing has changed.
refused() {
    domain_xml win10 $UUID "$2:${managed:-yes}" >/tmp/vm.xml
    control clear-log
    check_fails "$1 is not taken from the host" start_vm /tmp/vm.xml win10
    contains "the message tells why" "is in use by the host: $3" "$hook_stderr"
    same "and nothing was touched" "$boot" "$(state)$(journal | grep -v override)"
}

# taken SENTENCE ADDRESS
taken() {
    domain_xml win10 $UUID "$2:yes" >/tmp/vm.xml
    check "$1 is taken" start_vm /tmp/vm.xml win10
    same "and is the VM's" vfio-pci "$(driver_of "$2")"
    stop_vm /tmp/vm.xml win10
    same "and goes back" "$boot" "$(state)"
}

advice='Free it first; if the host may lose it, say force = in-use under [device'

refused 'a drive that a volume is on' 0000:01:00.0 "its disk nvme0n1 is part of volume vg-data. $advice 0000:01:00.0] in /etc/hostdevctl/domains/win10.conf"
managed=no refused 'also when the VM manages it' 0000:01:00.0 'its disk nvme0n1 is part of volume vg-data'
refused 'the display of the boot' 0000:03:00.0 "it shows the picture that the host booted with. $advice"
refused 'the console' 0000:09:00.0 'the console is on its framebuffer fb0'
refused 'the only keyboard' 0000:07:00.0 "the host's only keyboard hangs on it"
refused 'a physical function' 0000:0a:00.0 'it has virtual functions, which would go with it'

# The programs that have a file open.
exec 7</dev/urandom
refused 'a GPU that a program has open' 0000:04:00.0 "process $$ (bash) has a device file of it open"
refused 'sound that plays' 0000:05:00.0 "process $$ (bash) has a device file of it open"
taken 'sound whose controls are open' 0000:06:00.0
exec 7<&-
taken 'a GPU that nobody has open' 0000:04:00.0

taken 'a USB controller with other keys than a keyboard' 0000:08:00.0
keys=$(echo /sys/bus/pci/devices/0000:07:00.0/*/*/input/input*/capabilities/key)
mount --bind /proc/1/mem "$keys"
refused 'keys that cannot be read, where no others can,' 0000:07:00.0 "the host's only keyboard hangs on it"
umount "$keys"
taken 'an idle drive' 0000:0b:00.0
mv /dev/nvme3n1 /dev/gone
refused 'a drive that cannot be asked' 0000:0b:00.0 'its disk nvme3n1 cannot be examined: No such file or directory'
mv /dev/gone /dev/nvme3n1

# Forced, for one device.
conf domains/win10.conf <<'END'
[device 0000:01:00.0]
force = in-use
END
taken 'a drive in use that is forced' 0000:01:00.0
refused 'another one is not' 0000:03:00.0 'it shows the picture'
# Nothing can be read from it.
mount --bind /proc/1/mem /proc/swaps
refused 'a forced drive that may be what the host swaps on' 0000:01:00.0 \
    'its own system may be on it, for what that is on cannot be found out: Input/output error. The host cannot do without it: is it the right device?'
umount /proc/swaps
conf domains/win10.conf <<'END'
[device 0000:01:00.0]
force = yes
END
domain_xml win10 $UUID 0000:01:00.0:yes >/tmp/vm.xml
check_fails 'what is forced has to be named' start_vm /tmp/vm.xml win10
contains 'in the right word' 'win10.conf:2: force = yes: expected no | in-use' "$hook_stderr"
rm /etc/hostdevctl/domains/win10.conf

# A device that is not the host's any more is not asked about.
conf domains/win10.conf <<'END'
[devices]
iommu-group = bind
END
taken 'with iommu-group = bind an idle drive' 0000:0b:00.0

plan_done
