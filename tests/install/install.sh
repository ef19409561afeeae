#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `make install` and `make uninstall`, with DESTDIR, PREFIX and SYSCONFDIR, beside another program's
# hook, and over an admin's file.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

BUILD=${BUILD:-build}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tests=0 failures=0
hooks=$root/etc/libvirt/hooks

same() {
    tests=$((tests + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $tests - $1"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $1"
        printf '# expected: %s\n# got: %s\n' "${2//$'\n'/$'\n# '}" "${3//$'\n'/$'\n# '}"
    fi
}

run() {
    make --no-print-directory -s BUILD="$BUILD" DESTDIR="$root" "$@"
}

# The files and links there are, with where the links point to.
listing() {
    (cd "$root" && find . \( -type f -o -type l \) -printf '%p %l\n' | sed 's/ $//' | sort)
}

# What is below PREFIX.
installed_files=(
    lib/dracut/modules.d/90hostdevctl/hostdevctl.sh
    lib/dracut/modules.d/90hostdevctl/module-setup.sh
    lib/initcpio/hooks/hostdevctl
    lib/initcpio/install/hostdevctl
    lib/initcpio/install/sd-hostdevctl
    lib/systemd/system/hostdevctl-early.service
    "lib/systemd/system/sysinit.target.wants/hostdevctl-early.service ../hostdevctl-early.service"
    lib/udev/hostdevctl-early
    sbin/hostdevctl
    sbin/hostdevctl-hook
    share/bash-completion/completions/hostdevctl
    share/fish/vendor_completions.d/hostdevctl.fish
    share/initramfs-tools/hooks/hostdevctl
    share/initramfs-tools/scripts/init-top/hostdevctl
    share/man/man5/hostdevctl-early.d.5
    share/man/man5/hostdevctl.conf.5
    share/man/man8/hostdevctl-hook.8
    share/man/man8/hostdevctl.8
    share/zsh/site-functions/_hostdevctl
)

# below PREFIX: all of the files there.
below() {
    printf '%s\n' "${installed_files[@]/#/.$1/}"
}

run install >/dev/null
same "everything is where it belongs" "./etc/hostdevctl/early.d/README
./etc/hostdevctl/hostdevctl.conf
./etc/libvirt/hooks/qemu /usr/sbin/hostdevctl-hook
$(below /usr)" "$(listing)"
same "what goes into every initramfs is less than 200 KiB" yes \
    "$([ "$(stat -c %s "$root/usr/lib/udev/hostdevctl-early")" -lt 204800 ] && echo yes)"
same "and needs no library but libc" libc.so.6 \
    "$(readelf -d "$root/usr/lib/udev/hostdevctl-early" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | xargs)"
same "the program can be run by all, written by root" 755 "$(stat -c %a "$root/usr/sbin/hostdevctl-hook")"
same "so can the sample file be read" 644 "$(stat -c %a "$root/etc/hostdevctl/hostdevctl.conf")"
before=$(listing)
echo "[devices]" >"$root/etc/hostdevctl/hostdevctl.conf"
run install >/dev/null
same "installing again changes nothing" "$before" "$(listing)"
same "least of all what an admin wrote" "[devices]" "$(cat "$root/etc/hostdevctl/hostdevctl.conf")"
run uninstall >/dev/null
same "uninstalling leaves what the admin wrote" "./etc/hostdevctl/hostdevctl.conf" "$(listing)"
rm -r "${root:?}/etc"

mkdir -p "$hooks"
echo "#!/bin/sh" >"$hooks/qemu"
said=$(run install)
same "another program's hook stays, ours goes beside it" "./etc/hostdevctl/early.d/README
./etc/hostdevctl/hostdevctl.conf
./etc/libvirt/hooks/qemu
./etc/libvirt/hooks/qemu.d/hostdevctl /usr/sbin/hostdevctl-hook
$(below /usr)" "$(listing)"
same "and that is said" 1 "$(grep -c "is another program's and was left alone: installed as $hooks/qemu.d/hostdevctl" <<<"$said")"
rm "$hooks/qemu"
run install >/dev/null
same "when the other one is gone, ours takes its place, once" "./etc/libvirt/hooks/qemu /usr/sbin/hostdevctl-hook" \
    "$(listing | grep libvirt)"
echo "#!/bin/sh" >"$root/other"
ln -sfn ../../../other "$hooks/qemu"
run uninstall >/dev/null
same "uninstalling leaves another program's hook, and nothing of ours" "./etc/libvirt/hooks/qemu ../../../other
./other" "$(listing)"
rm -rf "${root:?}"/*

run install PREFIX=/opt/here SYSCONFDIR=/opt/etc >/dev/null
same "the program knows its SYSCONFDIR" /opt/etc/hostdevctl \
    "$(strings "$root/opt/here/sbin/hostdevctl-hook" | grep -o "^/.*etc/hostdevctl$" | sort -u)"
same "PREFIX and SYSCONFDIR are respected" "./opt/etc/hostdevctl/early.d/README
./opt/etc/hostdevctl/hostdevctl.conf
./opt/etc/libvirt/hooks/qemu /opt/here/sbin/hostdevctl-hook
$(below /opt/here)" "$(listing)"
same "so are they by what the initramfs tools and systemd get to read" "" \
    "$(grep -rE "(^|[^[:alnum:]])/(usr/lib/udev|etc/hostdevctl)" "$root/opt/here/lib" "$root/opt/here/share" --exclude=hostdevctl-early)"
run uninstall PREFIX=/opt/here SYSCONFDIR=/opt/etc >/dev/null
same "on the way out, too" "" "$(listing)"

echo "1..$tests"
exit $((failures > 0))
