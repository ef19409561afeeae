#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs, upgrades and removes the package and prints TAP, in a file tree that may be spoilt.
#
#     installed.sh DIRECTORY
set -euo pipefail

packages=${1:?usage: installed.sh DIRECTORY}
scratch=$(mktemp -d)
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/../host/tap.sh"
export DEBIAN_FRONTEND=noninteractive

hooks=/etc/libvirt/hooks
program=/usr/sbin/hostdevctl-hook
initrd=$(echo /boot/initrd.img-*)

# Every file, but for what dpkg and the initramfs tool write about their own work.
everything() {
    find / -xdev \( -path /var/log -o -path /var/cache -o -path /var/lib/dpkg -o -path /boot -o \
        -path /var/lib/initramfs-tools \) -prune -o \( -type f -printf '%p %m %s\n' \) -o \
        -printf '%p %y %m %l\n' | sort
}

# said COMMAND...: what it says goes into $said, as long as it succeeds.
said() {
    local status=0
    said=$("$@" 2>&1) || status=$?
    echo "$said"
    return $status
}

carries_binder() {
    # To its end: what is cut off fails.
    lsinitramfs "$initrd" | grep usr/lib/udev/hostdevctl-early
}

before=$(everything)
checksum=$(cksum < "$initrd")

check 'the package is installed' said dpkg -i "$packages/first.deb"
same 'libvirt finds the hook' $program "$(readlink "$hooks/qemu")"
check 'which is said' says "$said" "Installed as $hooks/qemu."
same 'it can be run by the name of the link' 'hostdevctl' "$("$hooks/qemu" --help 2>&1 | grep -om 1 hostdevctl)"
check 'the tool tells its version' says "$(hostdevctl --version)" "$(dpkg-query -f '${Version}' -W hostdevctl)"
same 'nothing is reserved, and the initramfs stays as it is' "$checksum" "$(cksum < "$initrd")"

# A link that is made anew has another number.
link=$(stat -c %i "$hooks/qemu")
echo '#mine' >> /etc/hostdevctl/hostdevctl.conf
check 'it is upgraded' said dpkg -i "$packages/next.deb"
same 'without touching the link, not even for a moment' "$link $program" \
    "$(stat -c %i "$hooks/qemu") $(readlink "$hooks/qemu")"
check 'which there is no need to mention' fails says "$said" "$hooks"
same 'what the admin wrote is still there' '#mine' "$(tail -n 1 /etc/hostdevctl/hostdevctl.conf)"

mkdir -m 700 /run/hostdevctl
touch /run/hostdevctl/win10 /run/hostdevctl/.threads
check 'it is removed while a VM holds devices' said dpkg -r hostdevctl
check 'the VM is named, and what to do' says "$said" Warning win10 'hostdevctl recover'
same 'what it holds is not forgotten' '.threads win10' "$(find /run/hostdevctl -type f -printf "%f\n" | sort | xargs)"
check 'libvirt calls nobody any more' fails test -L "$hooks/qemu"
same 'what the admin wrote is there for the next time' '#mine' "$(tail -n 1 /etc/hostdevctl/hostdevctl.conf)"
rm /run/hostdevctl/win10 /run/hostdevctl/.threads

echo '#!/bin/sh' > "$hooks/qemu"
check 'it is installed beside a hook of somebody else' said dpkg -i "$packages/first.deb"
same 'which is left alone' '#!/bin/sh' "$(cat "$hooks/qemu")"
same 'and ours is where libvirt looks as well' $program "$(readlink "$hooks/qemu.d/hostdevctl")"
check 'which is said' says "$said" "another program's" "$hooks/qemu.d/hostdevctl"

printf '%s\n' '[device 0000:06:00.0]' 'id = 144d:a80a' > /etc/hostdevctl/early.d/vms.conf
check 'it is upgraded on a host that reserves devices' said dpkg -i "$packages/next.deb"
check 'whose initramfs gets the early binder' carries_binder
check 'it is removed there' said dpkg -r hostdevctl
check 'its initramfs reserves nothing any more' fails carries_binder
check 'which is said' says "$said" "the host's from the next boot on"
same 'the hook of somebody else is still there' '#!/bin/sh' "$(cat "$hooks/qemu")"
rm "$hooks/qemu"

check 'it is purged' dpkg -P hostdevctl
same 'and nothing is left' "$before" "$(everything)"
