#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is reserved for VMs from boot on never sees a host driver.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine twins

early=/usr/lib/udev/hostdevctl-early
drives=(0000:05:00.0 0000:06:00.0 0000:07:00.0 0000:08:00.0)
rules=/run/udev/rules.d/61-hostdevctl.rules

# boot: the binder's pass, then udev loads what there is a driver for.
boot() {
    local module status
    "$early"
    status=$?
    for module in xhci_pci nvme nouveau snd_hda_intel i40e ahci; do
        control "load $module" 2>/dev/null
    done
    return $status
}

# What the machine was when it was switched on.
power_off() {
    local module device
    control reset
    for module in nvme nouveau snd_hda_intel i40e iavf ahci xhci_pci vfio_pci; do
        control "unload $module" 2>/dev/null
    done
    for device in "$PCI"/devices/*; do
        write $'\n' "$device/driver_override"
    done
    rm -rf /etc/hostdevctl/early.d /etc/hostdevctl/host-devices /run/udev
    control clear-kmsg clear-log
}

drivers() {
    local device line=
    for device in "$@"; do line+="$(driver_of "$device" || echo -) "; done
    echo "${line% }"
}

# Whether a driver of the host ever had the device.
# shellcheck disable=SC2317
touched_by_host() {
    journal | grep -E "^bind $1 [^ ]+$" | grep -v ' vfio-pci$'
}

# ---- ways to name a device -------------------------------------------------------------------------

conf early.d/nvme.conf <<'END'
[device 0000:06:00.0]
id = 144d:a80a
END
check 'the boot pass succeeds' boot
same 'of three identical drives the one that is named goes to vfio-pci' \
    'nvme vfio-pci nvme' "$(drivers "${drives[@]:0:3}")"
check_fails 'no host driver ever had it' touched_by_host "${drives[1]}"
same 'the override stands before anything is loaded' 'write 0000:06:00.0/driver_override "vfio-pci"' \
    "$(journal | head -n 1)"
contains 'the kernel log tells, and how to turn it off' \
    'hostdevctl: 0000:06:00.0 (144d:a80a) is reserved for VMs, as [device 0000:06:00.0] in /etc/hostdevctl/early.d/nvme.conf says (hostdevctl.early=off on the kernel line turns this off)' \
    "$(kmsg)"
control clear-log clear-kmsg
check 'a second pass succeeds' "$early"
same 'and changes nothing' '' "$(journal)$(kmsg)"
power_off

conf early.d/nvme.conf <<'END'
[device 0000:06:00.0]
id = 144d:a808
END
boot
same 'a card with another id at the address is left to the host' 'nvme nvme nvme' \
    "$(drivers "${drives[@]:0:3}")"
contains 'and the log tells why' \
    'hostdevctl: 0000:06:00.0 is left to the host: it is 144d:a80a, and not what id = 144d:a808 says ([device 0000:06:00.0] in /etc/hostdevctl/early.d/nvme.conf)' \
    "$(kmsg)"
power_off

conf early.d/nvme.conf <<<'[id 144d:a80a]'
boot
same 'an id means all that are alike' 'vfio-pci vfio-pci vfio-pci' "$(drivers "${drives[@]:0:3}")"
power_off

conf early.d/nvme.conf <<'END'
[serial 00-25-38-5b-71-b0-ab-27]
id = 144d:a80a
END
boot
same 'a serial number means the drive that has it' 'nvme nvme vfio-pci' \
    "$(drivers "${drives[@]:0:3}")"
power_off

conf early.d/nvme.conf <<<'[path pci0000:00/1c.4/00.0]'
boot
same 'a path means what is behind these bridges' 'vfio-pci nvme nvme' "$(drivers "${drives[@]:0:3}")"
power_off

conf early.d/gpu.conf <<'END'
[id 10de:1e87]
with = slot
END
boot
same 'of identical GPUs the one that shows the boot stays, the other goes with its sound' \
    'nouveau snd_hda_intel vfio-pci vfio-pci' \
    "$(drivers 0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:02:00.1)"
power_off

conf early.d/gpu.conf <<'END'
[device 0000:01:00.0]
with = iommu-group
boot-display = yes
END
boot
same 'the boot display goes if that is said' 'vfio-pci vfio-pci' "$(drivers 0000:01:00.0 0000:01:00.1)"
power_off

conf early.d/all.conf <<'END'
[device 0000:00:1c.4]
[device 0000:00:1f.0]
END
boot
same 'bridges are left to the host' 'pcieport' "$(drivers 0000:00:1c.4)"
same 'each with a line in the log' 2 "$(kmsg | grep -c 'it is a bridge')"
power_off

# ---- what must stay with the host ------------------------------------------------------------------

conf early.d/nvme.conf <<'END'
[device 0000:06:00.0]
id = 144d:a80a
[device 0000:07:00.0]
id = 144d:a80a
END
conf host-devices <<'END'
[path pci0000:00/1d.0/00.0]
for = the root file system
END
boot
same 'the drive that the host boots from is known by its bridges' 'nvme nvme vfio-pci' \
    "$(drivers "${drives[@]:0:3}")"
contains 'and named' 'the host itself needs it for the root file system' "$(kmsg)"
power_off

conf early.d/nvme.conf <<<'[id 144d:a80a]'
conf host-devices <<'END'
[path pci0000:00/02.0/00.0]
serial = 00-25-38-5b-71-b0-ab-12
for = the root file system
END
boot
same 'or by its serial number' 'nvme vfio-pci vfio-pci' "$(drivers "${drives[@]:0:3}")"
power_off

# ---- drivers that came first -------------------------------------------------------------------------

# As far as a simulated disk can be opened it is a file.
conf early.d/nvme.conf <<'END'
[device 0000:05:00.0]
[device 0000:06:00.0]
END
rm /dev/nvme0n1
control 'load nvme' clear-log
boot
same 'an idle driver that was there first has to go' 'vfio-pci' "$(drivers 0000:06:00.0)"
same 'the override stands before it goes' 'write 0000:06:00.0/driver_override "vfio-pci"
unbind 0000:06:00.0 nvme' "$(journal | grep 0000:06:00.0 | head -n 2)"
same 'one whose disk cannot be examined stays' 'nvme' "$(drivers 0000:05:00.0)"
contains 'and the log tells why' \
    '0000:05:00.0 is left to the host: nvme has it, and its disk nvme0n1 cannot be examined: No such file or directory ([device 0000:05:00.0] in' \
    "$(kmsg)"
power_off

conf early.d/nvme.conf <<'END'
[device 0000:05:00.0]
[device 0000:06:00.0]
END
control 'load nvme' 'fail unbind 0000:05:00.0 EIO'
write before "$PCI/devices/0000:05:00.0/driver_override"
: >/dev/nvme0n1
check_fails 'a device that its driver does not let go is a failure' "$early"
same 'it keeps its driver and the override that it had' 'nvme before' \
    "$(driver_of 0000:05:00.0) $(override_of 0000:05:00.0)"
same 'and the next one is reserved' 'vfio-pci' "$(drivers 0000:06:00.0)"
power_off

# ---- configuration that is wrong ---------------------------------------------------------------------

conf early.d/10-broken.conf <<'END'
[device 0000:05:00.0]
id = 144da80a
[device 0000:07:00.0]
END
conf early.d/20-good.conf <<<'[device 0000:06:00.0]'
check_fails 'a pass with a broken file says so' boot
same 'of a broken file nothing is reserved, of the others everything' 'nvme vfio-pci nvme' \
    "$(drivers "${drives[@]:0:3}")"
contains 'and the log tells file and line' \
    '/etc/hostdevctl/early.d/10-broken.conf:2: id = 144da80a: expected vendor and device, such as 144d:a80a. Nothing of this file is reserved' \
    "$(kmsg)"
power_off

conf early.d/nvme.conf <<<'[device 0000:06:00.0]'
chmod 666 /etc/hostdevctl/early.d/nvme.conf
boot
same 'a file that others can write counts for nothing' 'nvme nvme nvme' \
    "$(drivers "${drives[@]:0:3}")"
power_off

conf early.d/gone.conf <<<'[device 0000:0a:00.0]'
check 'an address without a device is no failure' boot
contains 'but is told' 'there is no device at 0000:0a:00.0: nothing is reserved' "$(kmsg)"
power_off

check 'without configuration nothing happens' "$early"
same 'at all' '' "$(journal)$(kmsg)$(ls /run/udev 2>/dev/null)"

# ---- late arrivals -------------------------------------------------------------------------------------

conf early.d/nvme.conf <<'END'
[path pci0000:00/1d.6/00.0]
id = 144d:a80a
END
boot
# shellcheck disable=SC2016
same 'there is a rule for the bay' \
    'ACTION=="add", DEVPATH=="/devices/pci0000:00/0000:??:1d.6/0000:??:00.0", ATTR{vendor}=="0x144d", ATTR{device}=="0xa80a", RUN+="hostdevctl-early $kernel"' \
    "$(grep RUN "$rules")"
control 'plug 0000:08:00.0'
same 'what is plugged in gets the host driver first' 'nvme' "$(drivers 0000:08:00.0)"
check 'udev calls' "$early" 0000:08:00.0
same 'and it is reserved, being idle' 'vfio-pci' "$(drivers 0000:08:00.0)"
same 'others are left alone' 'nvme nvme nvme' "$(drivers "${drives[@]:0:3}")"
control 'unplug 0000:08:00.0'
power_off

# ---- virtual functions ---------------------------------------------------------------------------------

conf early.d/nic.conf <<'END'
[device 0000:03:00.0]
id = 8086:1572
sriov-vfs = 4
vf = 1-2
END
boot
same 'nothing is made as long as no driver has the card' '' "$(journal | grep sriov_numvfs)"
control clear-log 'load iavf'
check 'udev calls when it has' "$early" 0000:03:00.0
same 'virtual functions are made, those in the range reserved, the others left to their driver' \
    'iavf vfio-pci vfio-pci iavf' "$(drivers 0000:03:02.0 0000:03:02.1 0000:03:02.2 0000:03:02.3)"
check_fails 'the reserved ones never saw a host driver' touched_by_host 0000:03:02.1
same 'new ones are probed again as before' 1 "$(cat "$PCI/devices/0000:03:00.0/sriov_drivers_autoprobe")"
contains 'and there is a rule for them' 'TEST=="physfn/iommu_group/devices/0000:03:00.0"' \
    "$(cat "$rules")"
control clear-log
check 'udev calls for each of them' "$early" 0000:03:02.1
same 'which changes nothing' '' "$(journal)"
power_off

conf early.d/nic.conf <<'END'
[id 8086:1572]
[device 0000:03:00.0]
sriov-vfs = 2
vf = 0-1
END
conf host-devices <<'END'
[path pci0000:00/1c.0/02.1]
for = its network
END
boot
same 'a card whose virtual functions are wanted stays, its twin goes' 'i40e vfio-pci' \
    "$(drivers 0000:03:00.0 0000:03:00.1)"
contains 'and the log tells why' \
    '0000:03:00.0 is left to the host: [device 0000:03:00.0] in /etc/hostdevctl/early.d/nic.conf is about its virtual functions, which need it there' \
    "$(kmsg)"
control 'load iavf'
"$early" 0000:03:00.0
same 'a virtual function that the host needs stays with it' 'vfio-pci iavf' \
    "$(drivers 0000:03:02.0 0000:03:02.1)"
power_off

plan_done
