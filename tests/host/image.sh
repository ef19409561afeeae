#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints the directory of an emulated host: a Debian release with a kernel, udev and libvirt.
#
#     image.sh bookworm|trixie
#
# The directory holds
#     root/      the file tree; programs for the host are compiled in it (compile.sh)
#     root.img   the same as an ext4 disk image, never written to by a run
#     vmlinuz initrd
# It is made once and cached under a name that is a hash of all that goes into it, so a change of
# the package list makes a new one. Needs mmdebstrap and the Debian archive, but neither hardware nor
# root. Exit 77: something needed is missing, said on stderr.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
release=${1:-}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hostdevctl

packages=(
    # the host
    linux-image-amd64 initramfs-tools dracut-core systemd-sysv udev dbus kmod procps util-linux iproute2 pciutils
    apparmor libvirt-daemon-system libvirt-clients qemu-system-x86 mdevctl irqbalance mdadm lvm2
    # to compile for it: the programs here, and kernel modules that stand in for hardware
    gcc make pkg-config libc6-dev libxml2-dev libinih-dev libkmod-dev libjson-c-dev libudev-dev
    libsystemd-dev libvirt-dev linux-headers-amd64
    # and to make the Debian package of it
    debhelper
)
# What no test looks at, by weight.
excluded=(
    /usr/share/{man,locale,doc,info}/'*'
    {,/usr}/lib/modules/'*'/kernel/sound/'*'
    {,/usr}/lib/modules/'*'/kernel/drivers/{media,infiniband,iio,staging,comedi,net/wireless}/'*'
)

skip() {
    echo "emulated host skipped: $1" >&2
    exit 77
}

# Kernel modules for the initramfs: nothing but the way to the root disk. Loading one third of the
# kernel's modules, as Debian does by default, costs an emulated machine half a minute.
initramfs_hook() {
    cat << 'HOOK'
set -eu
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
echo MODULES=list > "$1/etc/initramfs-tools/conf.d/emulated-host"
printf '%s\n' virtio_pci virtio_blk ext4 > "$1/usr/share/initramfs-tools/modules.d/emulated-host"
HOOK
}

clock() {
    printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60))
}

# One line a phase; on a terminal the running phase shows its clock.
report() {
    printf '%s: %s  %s\n' "$release" "$(clock)" "$1" >&2
}

# Turns mmdebstrap's log on stdin into such lines, and keeps all of it in the file $1.
report_phases() {
    local line phase='' status
    while true; do
        status=0
        IFS= read -r -t 1 line || status=$?
        if [ "$status" -gt 128 ]; then
            if [ -n "$phase" ] && [ -t 2 ]; then
                printf '\r%s: %s  %s ' "$release" "$(clock)" "$phase" >&2
            fi
            continue
        fi
        [ "$status" -eq 0 ] || break
        printf '%s\n' "$line" >> "$1"
        case $line in
        'I: '*...)
            if [ -n "$phase" ] && [ -t 2 ]; then
                printf '\r' >&2
            fi
            phase=${line#I: }
            phase=${phase%...}
            report "$phase"
            ;;
        esac
    done
}

# Makes the tree: straight into place as root, else in a user namespace, out of which only a tar
# file can come with the right owners in it.
make_tree() {
    local dir=$1 target=$1/root mode=root
    local -a options=() package_list
    if [ "$(id -u)" -ne 0 ]; then
        mode=unshare target=$dir/root.tar
    fi
    for pattern in "${excluded[@]}"; do
        options+=("--dpkgopt=path-exclude=$pattern")
    done
    package_list=$(IFS=,; echo "${packages[*]}")
    # C: the phases are recognised by their English names.
    LC_ALL=C mmdebstrap --mode=$mode --variant=apt --include="$package_list" "${options[@]}" \
        --dpkgopt=force-unsafe-io \
        --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
        --essential-hook="$(initramfs_hook)" --customize-hook="$(cat "$here/image-setup.sh")" \
        "$release" "$target" 2>&1 | report_phases "$dir/log"
}

# Runs "$@" so that files seem to belong to whom they shall belong to on the image.
as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        fakeroot -- "$@"
    fi
}

# $1 = directory. In one go, because the owners that fakeroot remembers end with it.
make_disk() {
    # shellcheck disable=SC2016
    as_owner bash -euc '
        cd "$1"
        if [ -e root.tar ]; then
            mkdir root
            tar -C root --exclude=./dev/* -xf root.tar
            rm root.tar
        fi
        truncate -s 4G root.img
        mke2fs -q -t ext4 -L host-root -O ^has_journal -E lazy_itable_init=1 -d root root.img
    ' bash "$1"
    cp --dereference "$1/root/vmlinuz" "$1/vmlinuz"
    cp --dereference "$1/root/initrd.img" "$1/initrd"
}

build() {
    local final=$1 dir
    dir=$(mktemp -d "$cache/.building-$release-XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$dir'" EXIT
    # mmdebstrap's mapped root has to get through.
    chmod 755 "$dir"
    report 'building the emulated host, once: some two minutes and 3 GB'
    if ! make_tree "$dir"; then
        tail -n 20 "$dir/log" >&2
        echo "image.sh: mmdebstrap could not make a Debian $release, see above" >&2
        exit 1
    fi
    if ! [ -e "$dir/root/usr/lib/udev/hwdb.bin" ] && ! [ -e "$dir/root.tar" ]; then
        echo "image.sh: the tree has no /usr/lib/udev/hwdb.bin" >&2
        exit 1
    fi
    report 'making the disk image'
    make_disk "$dir"
    mv "$dir" "$final"
    trap - EXIT
    report 'done'
}

# Whoever uses a host keeps a shared lock on its directory, so this never pulls it from under them.
remove_old() {
    local old
    for old in "$cache/$release"-* "$cache/.building-$release"-*; do
        if [ -d "$old" ] && [ "$old" != "$1" ]; then
            flock --nonblock "$old" rm -rf "$old" || true
        fi
    done
}

case $release in
bookworm | trixie) ;;
*)
    echo 'usage: image.sh bookworm|trixie' >&2
    exit 2
    ;;
esac

PATH=$PATH:/usr/sbin:/sbin
key=$({
    cat "$here/image-setup.sh" "$0"
    uname -m
} | sha256sum | cut -c 1-12)
final=$cache/$release-$key

if ! [ -d "$final" ]; then
    for tool in mmdebstrap mke2fs qemu-system-x86_64 flock; do
        command -v $tool > /dev/null || skip "$tool is not installed"
    done
    if [ "$(id -u)" -ne 0 ]; then
        command -v fakeroot > /dev/null || skip 'fakeroot is not installed (needed unless root)'
        command -v newuidmap > /dev/null || skip 'newuidmap is not installed (needed unless root)'
    fi
    mkdir -p "$cache"
    exec 9> "$cache/$release.lock"
    if ! flock --nonblock 9; then
        report 'waiting for another build of the same host'
        flock 9
    fi
    if ! [ -d "$final" ]; then
        build "$final" 9>&-
        remove_old "$final"
    fi
fi
echo "$final"
