#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what starts the early binder, in whatever initramfs and after it:
#
#     install.sh add|remove PREFIX SYSCONFDIR        below $DESTDIR
#
# $INITRAMFS says which tools get their files (all of them, if it is not set).
# All of it is there always, and does nothing as long as SYSCONFDIR/hostdevctl/early.d is empty.
set -eu

verb=${1:?usage: install.sh add|remove PREFIX SYSCONFDIR}
prefix=$2
sysconfdir=$3
top=$(cd "$(dirname "$0")/.." && pwd)
root=${DESTDIR:-}$prefix

# add SOURCE MODE PLACE: the file names the binder and its configuration by their paths.
add() {
    mkdir -p "$(dirname "$root/$3")"
    sed "s|/usr/lib/udev|$prefix/lib/udev|; s|/etc/hostdevctl|$sysconfdir/hostdevctl|" \
        "$top/$1" > "$root/$3"
    chmod "$2" "$root/$3"
}

remove() {
    rm -f "$root/$3"
}

# is_wanted SOURCE
is_wanted() {
    case $1 in
    udev/*) return 0 ;;
    esac
    tool=${1#initramfs/}
    case " ${INITRAMFS-initramfs-tools dracut mkinitcpio} " in
    *" ${tool%%/*} "*) return 0 ;;
    *) return 1 ;;
    esac
}

# wanted ACTION SOURCE MODE PLACE
wanted() {
    if is_wanted "$2"; then
        "$@"
    fi
}

each() {
    wanted "$1" udev/hostdevctl-early.service 644 lib/systemd/system/hostdevctl-early.service
    wanted "$1" initramfs/initramfs-tools/hook 755 share/initramfs-tools/hooks/hostdevctl
    wanted "$1" initramfs/initramfs-tools/init-top 755 share/initramfs-tools/scripts/init-top/hostdevctl
    wanted "$1" initramfs/dracut/module-setup.sh 755 lib/dracut/modules.d/90hostdevctl/module-setup.sh
    wanted "$1" initramfs/dracut/hostdevctl.sh 755 lib/dracut/modules.d/90hostdevctl/hostdevctl.sh
    wanted "$1" initramfs/mkinitcpio/install-hostdevctl 644 lib/initcpio/install/hostdevctl
    wanted "$1" initramfs/mkinitcpio/install-sd-hostdevctl 644 lib/initcpio/install/sd-hostdevctl
    wanted "$1" initramfs/mkinitcpio/hook-hostdevctl 644 lib/initcpio/hooks/hostdevctl
}

wants=lib/systemd/system/sysinit.target.wants
case $verb in
add)
    each add
    mkdir -p "$root/$wants"
    ln -sf ../hostdevctl-early.service "$root/$wants/hostdevctl-early.service"
    ;;
remove)
    each remove
    rm -f "$root/$wants/hostdevctl-early.service"
    rmdir "$root/lib/dracut/modules.d/90hostdevctl" 2> /dev/null || true
    ;;
*)
    echo 'usage: install.sh add|remove PREFIX SYSCONFDIR' >&2
    exit 2
    ;;
esac
