#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a program sees of the PCI bus when the machine has just booted, and how devices come and go.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine twins

NVME=0000:05:00.0
LATE=0000:08:00.0
PORT=0000:00:1d.6
GPU=0000:01:00.0
boot=$(state)

error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

# hex ADDRESS OFFSET COUNT: bytes of a configuration space.
hex() { dd if="$PCI/devices/$1/config" bs=1 skip=$(($2)) count="$3" status=none | od -An -tx1 | tr -d ' \n'; }

# number ADDRESS OFFSET: four of them, as the number that they are.
number() { echo $((0x$(dd if="$PCI/devices/$1/config" bs=1 skip=$(($2)) count=4 status=none | od -An -tx4 --endian=little | tr -d ' \n'))); }

# extended ADDRESS: its extended capabilities, ID:VERSION:OFFSET.
extended() {
    local offset=256 header
    while [ "$offset" -ne 0 ]; do
        header=$(number "$1" "$offset")
        printf '%x:%x:%x ' $((header & 0xffff)) $((header >> 16 & 15)) "$offset"
        offset=$((header >> 20))
    done
}

# serial ADDRESS: as lspci prints it, by way of the list.
serial() {
    local offset
    offset=0x$(extended "$1" | tr ' ' '\n' | sed -n 's/^3:1://p')
    printf '%08x%08x' "$(number "$1" "$offset+8")" "$(number "$1" "$offset+4")" | sed 's/../&-/g; s/-$//'
}

# ---- the configuration space ----------------------------------------------------------------

same "a function with a serial number has all of its configuration space" 4096 "$(wc -c <"$PCI/devices/$NVME/config")"
same "one without has the header" 64 "$(wc -c <"$PCI/devices/$GPU/config")"
same "it begins with vendor and device" 4d140aa8 "$(hex $NVME 0 4)"
same "the list of extended capabilities begins with another one" "1:2:100 3:1:148 " "$(extended $NVME)"
same "the serial number reads as lspci prints it" 00-25-38-5b-71-b0-ab-12 "$(serial $NVME)"
same "the low half of it comes first, and the least byte of that" 12abb0715b382500 "$(hex $NVME 0x14c 8)"
same "each twin has its own" 3 "$(for i in 5 6 7; do serial 0000:0$i:00.0; echo; done | sort -u | wc -l)"
same "two functions of a card have the same" "$(serial 0000:03:00.0)" "$(serial 0000:03:00.1)"
same "the header tells a function alone" 00 "$(hex $NVME 14 1)"
same "the first of several" 80 "$(hex $GPU 14 1)"
same "and a bridge" 81 "$(hex 0000:00:1c.4 14 1)"

# ---- places ---------------------------------------------------------------------------------

same "a function sits below its root port" \
    "/sys/devices/pci0000:00/0000:00:1c.4/$NVME" "$(readlink -f "$PCI/devices/$NVME")"
same "a root port sits on the root bus" /sys/devices/pci0000:00/0000:00:1c.4 \
    "$(readlink -f "$PCI/devices/0000:00:1c.4")"
same "a group has both functions of the card" "$GPU 0000:01:00.1" \
    "$(cd "$PCI/devices/$GPU/iommu_group/devices" && echo 0*)"
same "of two equal cards one is the boot display" "1 0" \
    "$(cat "$PCI"/devices/0000:0[12]:00.0/boot_vga | xargs)"
check_fails "their sound has no such file" test -e "$PCI/devices/0000:01:00.1/boot_vga"
same "class and modalias agree" "0x030000 pci:v000010DEd00001E87sv00001043sd00008661bc03sc00i00" \
    "$(cat "$PCI/devices/$GPU"/{class,modalias} | xargs)"

# ---- before any driver ----------------------------------------------------------------------

same "where no module is loaded only ports have a driver" pcieport \
    "$(state | awk '$2 != "-" { print $2 }' | sort -u)"
check_fails "there are no disks yet" ls -d /sys/block/*
modprobe nvme
same "loading a driver binds what it matches" "nvme nvme nvme" \
    "$(for i in 5 6 7; do driver_of 0000:0$i:00.0; done | xargs)"
check "and makes disks of it" test -e /sys/block/nvme0n1
modprobe -r nvme
same "all is as it was" "$boot" "$(state)"

# ---- plugging -------------------------------------------------------------------------------

control reset
check_fails "what is absent is not there" test -e "$PCI/devices/$LATE"
same "drivers_probe does not find it" "No such device" "$(error write $LATE $PCI/drivers_probe)"
same "neither has it a group" "" "$(find /sys/kernel/iommu_groups -name "$LATE")"
modprobe vfio-pci
modprobe nvme
control reset "plug $LATE"
same "a device that is plugged in is there" "/sys/devices/pci0000:00/$PORT/$LATE" "$(readlink -f "$PCI/devices/$LATE")"
same "its driver has it" nvme "$(driver_of $LATE)"
same "it has a group, and all else" "18 00-25-38-5b-71-b0-ab-30" \
    "$(basename "$(readlink "$PCI/devices/$LATE/iommu_group")") $(serial $LATE)"
check "its disk is there" test -e /sys/block/nvme3n1
contains "the state tells it" "$LATE nvme - 18" "$(state)"
same "and the record" "plug $LATE
bind $LATE nvme" "$(journal)"
same "what is there cannot be plugged in again" "File exists" "$(error control "plug $LATE")"
write vfio-pci "$PCI/devices/$LATE/driver_override"
control reset "unplug $LATE"
same "what is pulled out is unbound" "unplug $LATE
unbind $LATE nvme" "$(journal)"
check_fails "its directory is gone" test -e "/sys/devices/pci0000:00/$PORT/$LATE"
same "so are all links there, and its group" "" "$(find /sys/bus /sys/class /sys/block /sys/kernel -name "*$LATE*" -o -name nvme3n1 -o -name 18)"
same "it cannot be pulled out again" "No such device" "$(error control "unplug $LATE")"
control "plug $LATE"
same "when it comes back it has no override" "(null) nvme" "$(override_of $LATE) $(driver_of $LATE)"
exec 5<>"$PCI/devices/$LATE/driver_override"
control "unplug $LATE"
same "a file that was open then is of no device" "No such device" "$(error bash -c 'echo x >&5')"
exec 5>&-
control "plug $LATE" "unplug $PORT"
check_fails "with a port goes what is behind it" test -e "$PCI/devices/$LATE"
same "without it nothing can be plugged in" "No such device" "$(error control "plug $LATE")"
control "plug $PORT" "plug $LATE"
same "it can be plugged in before it" "pcieport nvme" "$(driver_of $PORT) $(driver_of $LATE)"

control "unplug $LATE" "delay bind $LATE 300" "fail unbind $LATE EBUSY 1"
control "plug $LATE" &
wait_until test -e "$PCI/devices/$LATE/driver"
check_fails "while its driver takes its time others wait for it" timeout 0.1 cat "$PCI/devices/$LATE/uevent"
wait
same "a test can have that fail, too" "Device or resource busy nvme" \
    "$(error control "unplug $LATE") $(driver_of $LATE)"
control reset "unplug 0000:02:00.0" "unplug 0000:02:00.1"
modprobe nouveau
modprobe snd_hda_intel
control reset "plug 0000:02:00.0 0000:02:00.1"
same "the functions of a card are all there before the first is probed" "plug 0000:02:00.0
plug 0000:02:00.1
bind 0000:02:00.0 nouveau
bind 0000:02:00.1 snd_hda_intel" "$(journal)"
write 0 "$PCI/drivers_autoprobe"
control "unplug $LATE" "plug $LATE"
same "what is plugged in is probed whatever drivers_autoprobe says" nvme "$(driver_of $LATE)"
write 1 "$PCI/drivers_autoprobe"
control "unplug $LATE"
modprobe -r -a nvme nouveau snd_hda_intel vfio-pci
same "all is as it was" "$boot" "$(state)"

# ---- /proc and /dev/kmsg --------------------------------------------------------------------

line=$(printf '0500\t144da80a\t0'; for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do printf '\t%16x' 0; done; printf '\t')
same "/proc/bus/pci/devices has a line for a function" "$line" "$(grep ^0500 /proc/bus/pci/devices)"
same "for every one, in the machine's order" "$(state | wc -l) 0000 00fc 0700" \
    "$(wc -l </proc/bus/pci/devices) $(sed -n '1p; 13p; $p' /proc/bus/pci/devices | cut -f 1 | xargs)"
check "none of its files has a size, as in /proc" test ! -s /proc/bus/pci/devices
same "it ends with the driver" pcieport "$(awk '$1 == "0008" { print $NF }' /proc/bus/pci/devices)"
same "the kernel line is a harmless one" "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet" "$(cat /proc/cmdline)"
check "/proc/sys/kernel/modprobe can load a module" "$(cat /proc/sys/kernel/modprobe)" vfio-pci
check "(it did)" test -e /sys/module/vfio_pci
modprobe -r vfio-pci

echo "<6>hostdevctl: a line" >/dev/kmsg
printf 'two\nlines' | dd of=/dev/kmsg bs=100 status=none
same "each write to /dev/kmsg is a line" '<6>hostdevctl: a line
two\x0alines' "$(kmsg)"
line=$(printf '%992s' x)
check "a record may be as long as in every kernel" write "$line" /dev/kmsg
same "and no longer" "Invalid argument" "$(printf '%993s' x | dd of=/dev/kmsg bs=1000 status=none 2>&1 | sed 's/.*: //')"
control clear-kmsg
same "a test can clear them" "" "$(kmsg)"

plan_done
