#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The simulated machine behaves as the kernel does. What the other scenarios promise rests on this.
# Many functions are called through `check`, which shellcheck does not see:
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine dl360

NVME=0000:05:00.0
OTHER=0000:08:00.0
BRIDGE=0000:00:02.0
boot=$(state)

# takes MILLISECONDS COMMAND...: true when the command took that long, and not much longer.
takes() {
    local wanted=$1 start took
    shift
    start=$(now)
    "$@" || return
    took=$((($(now) - start) / 1000))
    if [ "$took" -lt "$wanted" ] || [ "$took" -gt $((wanted + 200)) ]; then
        echo "took $took ms"
        return 1
    fi
}

# error COMMAND...: what the kernel says.
error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

bind() { write "$2" "$PCI/drivers/$1/bind"; }
unbind() { write "$2" "$PCI/drivers/$1/unbind"; }
override() { write "$2" "$PCI/devices/$1/driver_override"; }
probe() { write "$1" "$PCI/drivers_probe"; }
back() { override "$1" $'\n' && unbind vfio-pci "$1" && probe "$1"; }

# hex FILE OFFSET COUNT: bytes of a file, read one by one.
hex() { dd if="$1" bs=1 skip="$2" count="$3" status=none | od -An -tx1 | tr -d ' \n'; }

# ---- what there is --------------------------------------------------------------------------

device="$PCI/devices/$NVME"
same "a function sits below its bridge" \
    "/sys/devices/pci0000:00/$BRIDGE/$NVME" "$(readlink -f "$device")"
same "its ids are there" "0x144d 0xa80a 0x010802" "$(cat "$device"/{vendor,device,class} | xargs)"
same "config begins with vendor and device" 4d140aa8 "$(hex "$device/config" 0 4)"
same "config can be read from the middle" 020801 "$(hex "$device/config" 9 3)"
same "config tells a bridge" 01 "$(hex "$PCI/devices/0000:80:02.0/config" 14 1)"
same "uevent tells the driver" "DRIVER=nvme" "$(grep DRIVER "$device/uevent")"
same "the driver link leads to the driver" "$(realpath "$PCI/drivers/nvme")" "$(realpath "$device/driver")"
same "the driver leads to its module" nvme "$(basename "$(readlink -f "$PCI/drivers/nvme/module")")"
same "the module leads to its driver" "$(realpath "$PCI/drivers/nvme")" "$(realpath /sys/module/nvme/drivers/pci:nvme)"
same "the driver links to its devices" "$(realpath "$device")" "$(realpath "$PCI/drivers/nvme/$NVME")"
same "a group has its devices" "0000:00:1f.0 0000:00:1f.2 0000:00:1f.3" "$(cd /sys/kernel/iommu_groups/32/devices && echo 0*)"
same "a device has its group" 39 "$(basename "$(readlink -f "$device/iommu_group")")"
same "a disk has its place" "$(realpath "$device/nvme/nvme0/nvme0n1")" "$(realpath /sys/dev/block/259:0)"
same "a child leads to what it is a child of" "nvme0 $NVME" "$(for i in /sys/block/nvme0n1 /sys/class/nvme/nvme0; do basename "$(readlink $i/device)"; done | xargs)"
same "an interface has its place" "$(realpath "$PCI/devices/0000:02:00.0/net/eno1")" "$(realpath /sys/class/net/eno1)"
same "bind can be written only" 200 "$(stat -c %a "$PCI/drivers/nvme/bind")"

# ---- driver_override ------------------------------------------------------------------------

same "an override that is not set reads (null)" "(null)" "$(override_of $NVME)"
override $NVME vfio-pci
same "an override reads as it was written" vfio-pci "$(override_of $NVME)"
override $NVME $'nvme\n'
same "a newline at its end does not count" nvme "$(override_of $NVME)"
override $NVME $'\n'
same "a newline alone clears it" "(null)" "$(override_of $NVME)"
same "an override has a page at most" "Invalid argument" "$(error override $NVME "$(printf '%4095s' x)")"

# ---- binding --------------------------------------------------------------------------------

check_fails "a driver that is not loaded has no directory" test -d "$PCI/drivers/vfio-pci"
check "modprobe loads a module and what it needs" modprobe vfio-pci
same "in the order of their needs" $'load vfio\nload vfio_pci_core\nload vfio_iommu_type1\nload vfio_pci' "$(journal | grep load)"
same "a loaded module is live" live "$(cat /sys/module/vfio_pci/initstate)"
check "loading it again does nothing" modprobe vfio-pci
check_fails "a module that the machine does not have is not found" modprobe e1000
same "vfio-pci matches nothing by itself" "No such device" "$(error bind vfio-pci $NVME)"
unbind nvme $NVME
check_fails "unbinding takes the driver away" driver_of $NVME
check_fails "and what the driver had made of the device" ls /sys/class/nvme/nvme0 /sys/block/nvme0n1
same "unbinding again is an error" "No such device" "$(error unbind nvme $NVME)"
override $NVME vfio-pci
same "an override keeps other drivers off" "No such device" "$(error bind nvme $NVME)"
check "and lets the one it names in" bind vfio-pci $NVME
same "which is then its driver" vfio-pci "$(driver_of $NVME)"
same "binding a bound device is an error" "Device or resource busy" "$(error bind vfio-pci $NVME)"
same "so is unbinding it from another driver" "No such device" "$(error unbind nvme $NVME)"
same "vfio-pci refuses a bridge" "Invalid argument" \
    "$(override $BRIDGE vfio-pci; unbind pcieport $BRIDGE; error bind vfio-pci $BRIDGE)"
override $BRIDGE $'\n'
check "drivers_probe takes any driver that matches" probe $BRIDGE
same "the one from boot, here" pcieport "$(driver_of $BRIDGE)"
back $NVME
same "and there" nvme "$(driver_of $NVME)"
check "what the driver makes of the device is back" test -e /sys/class/nvme/nvme0/state
same "all is as it was" "$boot" "$(state)"

unbind nvme $NVME
override $NVME nosuch
check "drivers_probe succeeds even when nothing binds" probe $NVME
check_fails "(nothing did)" driver_of $NVME
same "it fails for what is not there" "No such device" "$(error probe 0000:ff:00.0)"
modprobe -r vfio-pci
check_fails "a module can be removed" test -e /sys/module/vfio_pci
override $NVME vfio-pci
modprobe vfio-pci
same "loading a driver binds what waits for it by name" vfio-pci "$(driver_of $NVME)"
back $NVME

# ---- slow, hanging and failing --------------------------------------------------------------

override $NVME vfio-pci
control "delay unbind $NVME 300"
check "an unbind takes its time" takes 300 unbind nvme $NVME
control "delay bind * 100"
check "a bind as well" takes 100 bind vfio-pci $NVME
control reset
back $NVME

parallel() {
    local i
    for i in $NVME $OTHER 0000:0b:00.0; do unbind nvme "$i" & done
    wait
}
control "delay unbind * 300"
check "slow unbinds of one driver run side by side" takes 300 parallel
control reset
for i in $NVME $OTHER 0000:0b:00.0; do probe "$i"; done

control "hang unbind $NVME"
unbind nvme $NVME &
hanging=$!
check "the driver link vanishes before remove() has run" wait_until test ! -e "$device/driver"
for file in driver_override uevent; do
    check_fails "reading $file then waits" timeout 0.2 cat "$device/$file"
done
check_fails "writing the override too" timeout 0.2 bash -c "echo x >$device/driver_override"
check "drivers_probe does not wait" takes 0 probe $NVME
check "reading what needs no lock does not" takes 0 cat "$device/vendor"
check "other devices are not affected" override_of $OTHER
same "the override is what it was" "$boot" "$(state)"
kill $hanging
wait $hanging
check_fails "killing who unbinds does not end the unbind" timeout 0.2 cat "$device/uevent"
control "release $NVME"
check "until it is released" wait_until timeout 0.2 cat "$device/uevent"
check_fails "it is unbound then" driver_of $NVME
probe $NVME
same "and can be bound again" nvme "$(driver_of $NVME)"

modprobe -r vfio-pci
control "hang unbind $NVME"
override $NVME vfio-pci
unbind nvme $NVME &
wait_until test ! -e "$device/driver"
timeout 0.2 modprobe vfio-pci
same "a module load waits for a stuck device whose override names its driver" coming \
    "$(cat /sys/module/vfio_pci/initstate)"
control "release $NVME"
check "and ends after it" wait_until grep -q live /sys/module/vfio_pci/initstate
same "the device is bound by it" vfio-pci "$(driver_of $NVME)"
wait
back $NVME

control reset "fail bind:vfio-pci $NVME EIO 1"
override $NVME vfio-pci
unbind nvme $NVME
same "a bind fails as told" "Input/output error" "$(error bind vfio-pci $NVME)"
check "as often as told" bind vfio-pci $NVME
same "and every one is recorded" \
    "write $NVME/driver_override \"vfio-pci\"
unbind $NVME nvme
bind $NVME vfio-pci (EIO)
bind $NVME vfio-pci" "$(journal)"
control "fail unbind $NVME EBUSY" "fail override-write $NVME EIO" "fail override-read $NVME EIO"
same "an unbind fails as told" "Device or resource busy" "$(error unbind vfio-pci $NVME)"
same "and leaves the device bound" vfio-pci "$(driver_of $NVME)"
same "a write of the override fails as told" "Input/output error" "$(error override $NVME x)"
same "a read of the override too" "Input/output error" "$(error override_of $NVME)"
control reset
back $NVME
modprobe -r vfio-pci
control "fail load vfio-pci ENOEXEC"
contains "a module load fails as told" "Exec format error" "$(modprobe vfio-pci 2>&1)"
check_fails "and leaves no module" test -e /sys/module/vfio_pci
same "a command that is none is refused" "Invalid argument" "$(error control nonsense)"
control reset
same "all is as it was" "$boot" "$(state)"

logger --socket /dev/log "a message"
contains "what is sent to syslog can be read" "a message" "$(syslog)"

plan_done
