#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl list and xml on a real host: who holds a drive is told in each form, and the XML of another one
# is what virsh attach-device takes.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

# Only what stands for itself; the names come from the distribution's database.
row_of() {
    hostdevctl list "$1" --json | tr -d ' \n' |
        sed 's/.*"driver":\([^,]*\),.*"owner":\([^,]*\),"holder":\([^}]*\)}.*/\1 \2 \3/'
}

# is_below ADDRESS: its line in the tree is further to the right than that of its bridge.
is_below() {
    local bridge
    bridge=$(basename "$(dirname "$(realpath "$pci/$1")")")
    hostdevctl list --tree | grep -A 1 "[0-9] *${bridge#0000:} " | grep "  ${1#0000:} "
}

# All devices that there are, by their whole addresses.
all_named() {
    local address
    for address in "$pci"/*; do grep -q "<title>${address##*/} " "$1" || return; done
}

same 'an idle drive is free' '"nvme" "nobody" null' "$(row_of "$drive1")"
# With a port to spare: libvirt makes no more of them than a VM begins with.
define win10 "$(hostdev "$drive1" yes)" "<controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'/>
    <controller type='pci' index='2' model='pcie-root-port'/>
    <controller type='pci' index='3' model='pcie-root-port'/>"
check 'a VM with a drive starts' start win10
same 'the drive is the VM'"'"'s' '"vfio-pci" "vm" "win10"' "$(row_of "$drive1")"
same 'the table says so' 'VM win10' "$(hostdevctl list "$drive1" | grep -o 'VM win10')"
check 'its driver and group, too' grep -E "^$(group_of "$drive1") +${drive1#0000:} .* vfio-pci " \
    <(hostdevctl list "$drive1")
check 'how it can be reset is what the kernel says' grep -F "$(tr ' ' , < "$pci/$drive1/reset_method")" \
    <(hostdevctl list "$drive1" --json | tr -d ' \n"')
check 'it is not free' fails grep "${drive1#0000:}" <(hostdevctl list --free)
check 'its twin is' grep "${drive2#0000:}" <(hostdevctl list --free)
check 'the tree has it below its root port' is_below "$drive1"
check 'an ordinary user is told that it cannot be told' grep -F '?' \
    <(setpriv --reuid 65534 --regid 65534 --clear-groups hostdevctl list "$drive1")
check 'it is drawn' hostdevctl list --svg "$scratch/host.svg"
check 'the picture names every device' all_named "$scratch/host.svg"
check 'and the VM' grep -q '>VM win10<' "$scratch/host.svg"

hostdevctl xml "$drive2" > "$scratch/snippet.xml"
check 'virsh attaches what xml prints' virsh attach-device win10 "$scratch/snippet.xml" --live
check 'the VM really owns the drive' holds "$(qemu_of win10)" "$drive2"
same 'which is told though no hook was called' '"vfio-pci" "vm" "win10"' "$(row_of "$drive2")"
check 'the VM is destroyed' destroy win10
check 'the drives are free again' wait_for has_driver "$drive2" nvme
same 'and that is told' '"nvme" "nobody" null "nvme" "nobody" null' "$(row_of "$drive1") $(row_of "$drive2")"
check 'a root port is no device for a VM' fails hostdevctl xml \
    "$(basename "$(dirname "$(realpath "$pci/$drive1")")")"
