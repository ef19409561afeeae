#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Inside an emulated host: the demonstration that demo.sh shows.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

shown=("$drive0" "$drive1" "$drive2" "$nic1" "$driverless")
step=0
wrong=0

headline() {
    step=$((step + 1))
    printf '\n%d. %s\n' $step "$*"
}

# Whatever a command prints, under the command as a person would have typed it.
indent() {
    fold -s -w 96 | sed 's/^/   /'
}

# run COMMAND...: shows it and what it says.
run() {
    printf '\n   $ %s\n' "$*"
    "$@" 2>&1 | grep . | indent || true
}

# What the kernel says of the devices shown, looked up anew for each table. Few processes do it all,
# for each of them costs a while here.
declare -A driver group user
look_at_devices() {
    local paths=("${shown[@]/%//}") device what path vm holder
    paths=("${paths[@]/#/$pci/}")
    driver=() group=() user=()
    while read -r device what path; do
        case $what in
        driver) driver[${device##*/}]=${path##*/} ;;
        iommu_group) group[${path##*/}]=${device##*/} ;;
        esac
    done < <(find "${paths[@]}" -maxdepth 1 \( -name driver -o -name iommu_group \) -printf '%h %f %l\n')
    # A drive is in use as nvme/nvme0/nvme0n1, a card as net/enp8s0.
    while read -r path what; do
        path=${path#"$pci/"}
        user[${path%%/*}]="the host, as $what"
    done < <(find "${paths[@]}" -maxdepth 3 \( -path '*/net/*' -prune -o -name 'nvme*n1' \) -printf '%p %f\n')
    # libvirt keeps the XML of each running VM there.
    for path in /run/libvirt/qemu/*.xml; do
        if [ -e "$path" ]; then
            vm=$(basename "$path" .xml)
            holder=$(qemu_of "$vm")
            while read -r what; do
                user[${group[${what##*/}]}]="VM $vm (QEMU, process $holder)"
            done < <(find "/proc/$holder/fd" -lname '/dev/vfio/[0-9]*' -printf '%l\n' 2> /dev/null)
        fi
    done
}

kind_of() {
    local class
    read -r class < "$pci/$1/class"
    case $class in
    0x0108*) kind='NVMe drive' ;;
    0x0200*) kind='network card' ;;
    *) kind='no Linux driver' ;;
    esac
}

table() {
    local device kind
    look_at_devices
    echo
    printf '   %-14s %-16s %-10s %s\n' DEVICE KIND DRIVER 'USED BY'
    for device in "${shown[@]}"; do
        kind_of "$device"
        printf '   %-14s %-16s %-10s %s\n' "$device" "$kind" "${driver[$device]:--}" "${user[$device]:--}"
    done
}

# expect SENTENCE COMMAND...: the demonstration is not a fake.
expect() {
    local sentence=$1
    shift
    if ! wait_for "$@" > /dev/null; then
        echo "   THIS WENT WRONG: $sentence"
        wrong=1
    fi
}

all_drives_are_in_use() {
    [ "$(find "$pci/"*/nvme/ -maxdepth 2 -name 'nvme*n1' | wc -l)" -eq 6 ] && has_driver "$nic1" e1000e
}

# libvirt asks QEMU at length what it can do when it hears of the first VM: that goes on meanwhile.
virsh domcapabilities > /dev/null 2>&1 &
wait_for all_drives_are_in_use > /dev/null
udevadm settle
define win10 "$(hostdev "$drive0" yes)"
define debian "$(hostdev "$drive1" no)" "$(hostdev "$nic1" yes)"
define greedy "$(hostdev "$drive2" yes)" "$(hostdev "$drive0" yes)"
before=$(snapshot)

echo "$(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r), libvirt $(virsh --version)"

headline 'The host has its devices for itself'
table

headline 'Installing hostdevctl: a link in the place where libvirt looks for a hook'
printf '\n   $ make install\n'
make --silent -C /mnt/source BUILD=/mnt/build PREFIX=/usr install 2>&1 | indent
run systemctl reload libvirtd

headline "VM win10 has the first drive in its XML, with managed='yes'"
run virsh start win10
table
expect 'win10 owns the drive' holds "$(qemu_of win10)" "$drive0"

headline "VM debian has the second drive with managed='no', which libvirt alone would not start"
run virsh start debian
table
expect 'debian owns its drive' holds "$(qemu_of debian)" "$drive1"

headline "VM greedy wants the third drive, and the one that win10 has"
run virsh start greedy
table
expect 'the third drive is untouched' has_driver "$drive2" nvme

headline 'The QEMU of win10 is killed'
run kill -9 "$(qemu_of win10)"
expect 'the drive comes back' has_driver "$drive0" nvme
expect 'the host uses it' find "$pci/$drive0/nvme" -name 'nvme*n1'
run virsh domstate win10
table

headline 'VM debian is switched off'
run virsh destroy debian
expect 'the drive comes back' has_driver "$drive1" nvme
expect 'all drives come back' all_drives_are_in_use
table

echo
if [ "$before" = "$(snapshot)" ] && [ $wrong -eq 0 ]; then
    echo 'Every device has the driver, the override and the IOMMU group it had before.'
else
    echo 'The host is NOT as it was before:'
    diff <(echo "$before") <(snapshot) || true
    exit 1
fi
