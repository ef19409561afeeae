#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Virtual functions come and go as in the kernel.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine twins vfs

error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

numvfs() { write "$2" "$PCI/devices/$1/sriov_numvfs"; }
vfs_of() { for i in "$PCI/devices/$1"/virtfn*; do basename "$(readlink "$i")"; done | sort | xargs; }

groups() {
    local PF=0000:03:00.0 boot vf
    boot=$(state)
    same "a physical function tells what it can have" "8 16 1 154c 0 1" \
        "$(cd "$PCI/devices/$PF" && cat sriov_{totalvfs,offset,stride,vf_device,numvfs,drivers_autoprobe} | xargs)"
    check_fails "others have no such files" ls "$PCI"/devices/0000:05:00.0/sriov_numvfs
    same "without a driver it cannot have any" "No such file or directory" "$(error numvfs $PF 2)"
    modprobe i40e
    boot=$(state)
    same "it can have no more than it can have" "Numerical result out of range" "$(error numvfs $PF 9)"
    same "what is no number is refused" "Invalid argument" "$(error numvfs $PF x)"
    same "so is what no number of functions could be" "Invalid argument" "$(error numvfs $PF 65536)"
    control reset
    check "it can have some" numvfs $PF 3
    same "they are there, at addresses counted on from its own" "0000:03:02.0 0000:03:02.1 0000:03:02.2" "$(vfs_of $PF)"
    same "their number reads back" 3 "$(cat "$PCI/devices/$PF/sriov_numvfs")"
    vf=0000:03:02.1
    same "one sits beside it" "/sys/devices/pci0000:00/0000:00:1c.0/$vf" "$(readlink -f "$PCI/devices/$PF/virtfn1")"
    same "and leads back" "$(realpath "$PCI/devices/$PF")" "$(realpath "$PCI/devices/$vf/physfn")"
    same "it has ids of its own" "0x8086 0x154c 0x020000" "$(cat "$PCI/devices/$vf"/{vendor,device,class} | xargs)"
    same "which its configuration space does not tell" ffffffff "$(od -An -tx1 -N4 "$PCI/devices/$vf/config" | tr -d ' ')"
    same "each has a group of its own" 3 "$(for i in 0 1 2; do realpath "$PCI/devices/0000:03:02.$i/iommu_group"; done | sort -u | wc -l)"
    same "alone in it" "$vf" "$(ls "$PCI/devices/$vf/iommu_group/devices")"
    check_fails "they have no virtual functions" test -e "$PCI/devices/$vf/sriov_numvfs"
    check_fails "nobody's driver is loaded: nobody has them" driver_of $vf
    same "the record has it" "write $PF/sriov_numvfs \"3\"" "$(journal)"
    check "the same number again is nothing" numvfs $PF 3
    same "another one must be preceded by none" "Device or resource busy" "$(error numvfs $PF 4)"
    modprobe iavf
    same "their driver takes them" "iavf iavf iavf" "$(for i in 0 1 2; do driver_of 0000:03:02.$i; done | xargs)"
    control reset
    check "they can all go" numvfs $PF 0
    same "each is unbound" "unbind 0000:03:02.0 iavf
unbind 0000:03:02.1 iavf
unbind 0000:03:02.2 iavf
write $PF/sriov_numvfs \"0\"" "$(journal)"
    same "and nothing is left of them" "$boot" "$(state)"
    check_fails "nor of links to them" ls -d "$PCI/devices/$PF"/virtfn*
    same "nor of their groups" 18 "$(find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | wc -l)"

    control reset
    numvfs $PF 2
    same "a driver that is there takes each as it comes" "bind 0000:03:02.0 iavf
bind 0000:03:02.1 iavf
write $PF/sriov_numvfs \"2\"" "$(journal)"
    numvfs $PF 0
    write 0 "$PCI/devices/$PF/sriov_drivers_autoprobe"
    modprobe vfio-pci
    numvfs $PF 2
    check_fails "with sriov_drivers_autoprobe off it does not" driver_of 0000:03:02.0
    write vfio-pci "$PCI/devices/0000:03:02.0/driver_override"
    write 0000:03:02.0 "$PCI/drivers_probe"
    same "unless an override says so" vfio-pci "$(driver_of 0000:03:02.0)"
    numvfs $PF 0
    numvfs $PF 1
    same "the next one at that address has no override" "(null)" "$(override_of 0000:03:02.0)"
    numvfs $PF 0
    write 1 "$PCI/devices/$PF/sriov_drivers_autoprobe"

    numvfs 0000:03:00.1 8
    numvfs $PF 8
    same "two ports have theirs side by side" 16 "$(state | grep -c ' iavf ')"
    control reset "unplug $PF"
    same "pulled out it takes its own along" 8 "$(state | grep -c ' iavf ')"
    control "plug $PF"
    check_fails "and comes back without" ls -d "$PCI/devices/$PF"/virtfn*
    modprobe -r i40e
    check_fails "so it is when its driver leaves it" grep -q iavf /sys/.sim/state
    modprobe i40e

    control "fail bind:iavf 0000:03:02.1 EIO"
    check "that a driver fails to take one is no failure" numvfs $PF 3
    check_fails "(it did fail)" driver_of 0000:03:02.1
    numvfs $PF 0
    control reset "fail sriov $PF ENOMEM 1"
    same "a test can have it fail" "Cannot allocate memory" "$(error numvfs $PF 1)"
    check "as often as told" numvfs $PF 1
    numvfs $PF 0
    control reset "hang sriov $PF"
    numvfs $PF 1 &
    sleep 0.1
    check_fails "while it hangs reading the number waits" timeout 0.1 cat "$PCI/devices/$PF/sriov_numvfs"
    control "release $PF"
    wait
    same "and then is the new one" 1 "$(cat "$PCI/devices/$PF/sriov_numvfs")"
    numvfs $PF 0
    write vfio-pci "$PCI/devices/$PF/driver_override"
    write $PF "$PCI/drivers/i40e/unbind"
    write $PF "$PCI/drivers_probe"
    same "with vfio-pci as its driver it can have none" "vfio-pci No such file or directory" \
        "$(driver_of $PF) $(error numvfs $PF 1)"
}

no_iommu() {
    local PF=0000:04:00.0 boot
    boot=$(state)
    same "the description says which kernel line there is" \
        "BOOT_IMAGE=/vmlinuz root=/dev/nvme0n1p2 ro hostdevctl.early=off" "$(cat /proc/cmdline)"
    same "and which kernel" 6.6.0 "$(uname -r)"
    check "modules are found all the same" modprobe vfio-pci
    numvfs $PF 5
    same "virtual functions go on on the next bus" \
        "0000:04:1f.2 0000:04:1f.4 0000:04:1f.6 0000:05:00.0 0000:05:00.2" "$(vfs_of $PF)"
    same "but beside their physical one" "/sys/devices/pci0000:00/0000:00:01.0/0000:05:00.2" \
        "$(readlink -f "$PCI/devices/$PF/virtfn4")"
    same "with the class and driver that the description says" "0x028000 mlx5_core" \
        "$(cat "$PCI/devices/0000:05:00.2/class") $(driver_of 0000:05:00.2)"
    check_fails "and no group, where nothing has one" test -e "$PCI/devices/0000:05:00.0/iommu_group"
    numvfs $PF 0
    same "all is as it was" "$boot" "$(state)"

    PF=0000:41:00.0
    same "those that are there at boot count" "2 0000:41:00.2 0000:41:00.3" \
        "$(cat "$PCI/devices/$PF/sriov_numvfs") $(vfs_of $PF)"
    write $PF "$PCI/drivers/mlx5_core/unbind"
    check "they stay when the driver of the physical one goes" test -e "$PCI/devices/$PF/virtfn1"
    write $PF "$PCI/drivers/mlx5_core/bind"
    numvfs $PF 0
    check_fails "they can go as well" ls -d "$PCI/devices/$PF"/virtfn*
    numvfs $PF 3
    same "and come back, and more" "0000:41:00.2 0000:41:00.3 0000:41:02.2" "$(vfs_of $PF)"
}

case $MACHINE in
twins) groups ;;
vfs) no_iommu ;;
esac
plan_done
