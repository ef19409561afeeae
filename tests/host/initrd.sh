#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes what the boot tests boot from, natively inside the emulated host's file tree.
#
#     initrd.sh bookworm|trixie
#
# Prints a directory with
#     installed/                              what `make install` installs
#     initramfs-tools dracut dracut-sh   initramfs images, each as its tool makes it on a host
#                                             where the project is installed and early.d/reserved.conf
#                                             (beside this script) is in force
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
release=${1:?usage: initrd.sh bookworm|trixie}
image=$("$here/image.sh" "$release")
work=$("$here/compile.sh" "$release")
result=$work/build/boots

exec 8< "$image" 9> "$work/compile.lock"
flock --shared 8
flock 9
rm -rf "$result"
mkdir -p "$result"

# The drivers of the emulated hardware are in the initramfs, so that udev loads them there, which is
# what the early binder has to be ahead of.
# shellcheck disable=SC2016
make='
    make -C /mnt/source BUILD=/mnt/build PREFIX=/usr DESTDIR=/mnt/build/boots/installed install
    make -C /mnt/source BUILD=/mnt/build PREFIX=/usr install
    cp /mnt/source/tests/host/boots/reserved.conf /etc/hostdevctl/early.d/
    kernel=$(basename /lib/modules/*)
    cd /mnt/build/boots

    cat > /etc/initramfs-tools/hooks/emulated-host << "HOOK"
#!/bin/sh
[ "${1:-}" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules nvme e1000e
HOOK
    chmod +x /etc/initramfs-tools/hooks/emulated-host
    mkinitramfs -c gzip -o initramfs-tools "$kernel"

    # Quickly made, and quickly unpacked where every instruction is emulated.
    set -- --kver "$kernel" --no-hostonly --no-hostonly-cmdline --nostrip --nohardlink --gzip \
        --drivers "nvme e1000e ext4" --omit "crypt dm nvdimm overlay-root resume virtiofs qemu lunmask terminfo"
    dracut "$@" dracut
    dracut "$@" --omit "systemd systemd-initrd dracut-systemd" dracut-sh
'
if ! "$here/enter.sh" scratch "$image/root" "$work" "$make" 8<&- 9>&- > "$work/initrd.log" 2>&1; then
    cat "$work/initrd.log" >&2
    echo "initrd.sh: the initramfs images for $release cannot be made, see above" >&2
    exit 1
fi
echo "$result"
