#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The host has the Debian package instead of what `make install` installs: VMs start and end with it, it is
# upgraded and even removed under a running VM, and when it is purged it is gone.
# (What becomes of files is tested without booting, by tests/package.)
# Only on bookworm.
. "$(dirname "$0")/../lib.sh"

packages=/mnt/build/package
make=(make --silent -C /mnt/source BUILD=/mnt/build PREFIX=/usr)

# What dpkg says goes into $said, too.
dpkg_says() {
    local status=0
    said=$(dpkg "$@" 2>&1) || status=$?
    echo "$said"
    return $status
}

everything() {
    find / -xdev \( -path /var/log -o -path /var/cache -o -path /var/lib/dpkg -o -path /var/lib/libvirt -o \
        -path /var/tmp -o -path /tmp -o -path /etc/libvirt/qemu -o -path /etc/apparmor.d/libvirt \) \
        -prune -o ! -type d -print | sort
}

check 'what was installed by hand is removed' "${make[@]}" uninstall
before=$(everything)

check 'the package is installed' dpkg_says -i "$packages/first.deb"
define win10 "$(hostdev "$drive0" no)"
check 'a VM starts' start win10
check 'it really owns the drive' holds "$(qemu_of win10)" "$drive0"
check 'the package is upgraded under it' dpkg_says -i "$packages/next.deb"
check 'the VM runs on' is_running win10
check 'it is destroyed' destroy win10
same 'the new version gives the drive back' nvme "$(driver_of "$drive0")"

check 'the VM starts again' start win10
check 'the package is removed under it' dpkg_says -r hostdevctl
check 'with a warning that names the VM' says "$said" Warning win10 'hostdevctl recover'
check 'the VM is destroyed' destroy win10
same 'nobody gives the drive back' vfio-pci "$(driver_of "$drive0")"
check 'the package is installed again' dpkg_says -i "$packages/next.deb"
same 'the tool gives back what is left' "VM win10 is gone; giving back what it had:
  done    giving $drive0 (Red Hat QEMU NVM Express Controller) back to nvme" "$(hostdevctl recover 2>&1)"
same 'the drive is back' nvme "$(driver_of "$drive0")"

check 'the package is purged' dpkg_says -P hostdevctl
same 'and no file is left of it' "$before" "$(everything)"
check 'nor in /run' fails test -e /run/hostdevctl

check 'what was installed by hand is installed again' "${make[@]}" install
systemctl reload libvirtd.service
