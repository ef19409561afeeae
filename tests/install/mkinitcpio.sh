#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the build hooks of mkinitcpio, which no Debian has, put into an initramfs: they are sourced as
# mkinitcpio does it, with stand-ins for the functions that mkinitcpio(8) has for them.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tests=0 failures=0
BUILDROOT=$root/initramfs
early_d=$root/etc/hostdevctl/early.d
install=$root/usr/lib/initcpio/install

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

# --- the stand-ins ---

# shellcheck disable=SC2317
{
    say() { echo "${*//$root/}"; }
    add_binary() { say "binary $1"; }
    add_file() {
        mkdir -p "$BUILDROOT$(dirname "$1")"
        cp -p "$1" "$BUILDROOT$1"
        say "file $1"
    }
    add_module() { say "module $1"; }
    # Its name is that of the file which calls it.
    add_runscript() { say "runscript $(basename "${BASH_SOURCE[1]}")"; }
    add_systemd_unit() { say "unit $1"; }
    add_symlink() { say "link $1 $2"; }
    warning() { say "warning $1"; }
}

# What the hook $1 adds, a line each.
added_by() {
    (
        rm -rf "$BUILDROOT"
        unset -f build help
        # shellcheck disable=SC1090
        . "$install/$1"
        build
    )
}

# the_binder STATUS: what it says when it is asked for the host's devices.
the_binder() {
    mkdir -p "$root/usr/lib/udev"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\necho "asked: $1"\nexit %s\n' "$1" >"$root/usr/lib/udev/hostdevctl-early"
    chmod +x "$root/usr/lib/udev/hostdevctl-early"
}

# --- the tests ---

DESTDIR='' initramfs/install.sh add "$root/usr" "$root/etc"
mkdir -p "$early_d"
the_binder 0
same "nothing is added while nothing is reserved" "" "$(added_by hostdevctl && added_by sd-hostdevctl)"

echo "[device 0000:02:00.0]" >"$early_d/drive.conf"
echo "not a configuration" >"$early_d/drive.conf.old"
chmod 640 "$early_d/drive.conf"
common="binary /usr/lib/udev/hostdevctl-early
file /etc/hostdevctl/early.d/drive.conf
module vfio_pci?"
same "the busybox flavour adds binder, configuration, module if there is one, and its run-time hook" "$common
runscript hostdevctl" "$(added_by hostdevctl)"
same "the systemd flavour adds the unit, which starts with the initramfs, instead" "$common
unit hostdevctl-early.service
link /usr/lib/systemd/system/sysinit.target.wants/hostdevctl-early.service ../hostdevctl-early.service" \
    "$(added_by sd-hostdevctl)"
added_by hostdevctl >/dev/null
same "the initramfs knows what the host needs" "asked: host-devices" \
    "$(cat "$BUILDROOT$root/etc/hostdevctl/host-devices")"
same "a file keeps its mode" 640 "$(stat -c %a "$BUILDROOT$early_d/drive.conf")"

the_binder 1
same "what the host needs may be unknown: that is said" \
    "warning hostdevctl: cannot tell which devices the root file system is on" \
    "$(added_by hostdevctl | grep warning)"
added_by hostdevctl >/dev/null
same "and half an answer is none" "" "$(find "$BUILDROOT" -name host-devices)"

same "the run-time hook is an early one: before udev and before MODULES" run_earlyhook \
    "$(sed -n 's/^\(run_[a-z]*\)().*/\1/p' "$root/usr/lib/initcpio/hooks/hostdevctl")"
# shellcheck source=/dev/null
same "and nothing that the binder says stops the boot" 0 "$(. "$root/usr/lib/initcpio/hooks/hostdevctl" && run_earlyhook >/dev/null; echo $?)"
for flavour in hostdevctl sd-hostdevctl; do
    # shellcheck disable=SC1090
    same "mkinitcpio -H $flavour has something to say" yes \
        "$(. "$install/$flavour" && help | grep -q early.d && echo yes)"
done

echo "1..$tests"
exit $((failures > 0))
