#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# dracut: puts the early binder into the initramfs of a host that reserves devices for VMs. See
# dracut.modules(7).
# The variables are dracut's.
# shellcheck disable=SC2154

binder=/usr/lib/udev/hostdevctl-early
files=/etc/hostdevctl/early.d

# Succeeds if there is something to reserve; what is to be reserved on another host, in whose file tree
# dracut works, is not known here.
check() {
    [ -z "${dracutsysrootdir-}" ] && compgen -G "$files/*.conf" > /dev/null && require_binaries "$binder"
}

depends() {
    return 0
}

installkernel() {
    # Not only what this host has loaded; and where it is built in there is nothing to install.
    hostonly='' instmods vfio_pci
}

install() {
    # modprobe is called by the binder, not only by udev.
    inst_multiple "$binder" modprobe "$files"/*.conf
    if ! "$binder" host-devices > "$initdir/etc/hostdevctl/host-devices"; then
        rm -f "$initdir/etc/hostdevctl/host-devices"
        dwarn 'hostdevctl: cannot tell which devices the root file system is on'
    fi
    # Hooks before udev are not ordered against systemd-modules-load.service; a unit is.
    if dracut_module_included systemd; then
        inst_simple "$systemdsystemunitdir/hostdevctl-early.service"
        $SYSTEMCTL -q --root "$initdir" add-wants sysinit.target hostdevctl-early.service
    else
        inst_hook pre-udev 00 "$moddir/hostdevctl.sh"
    fi
}
