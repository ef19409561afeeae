# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs once, with the fresh Debian tree as $1, before it becomes the emulated host's disk (see
# image.sh). It leaves Debian as it is wherever a test could notice, and only silences what costs
# boot time or would talk on the console.
set -eu
root=$1
units=$root/etc/systemd/system

echo host > "$root/etc/hostname"
printf '127.0.0.1 localhost host\n' > "$root/etc/hosts"
printf 'LABEL=host-root / ext4 defaults 0 0\n' > "$root/etc/fstab"
chroot "$root" passwd --quiet --delete root
# An empty machine-id would make every boot a first boot, with its own round of presets.
echo 68dc04a5b3d54c0e9d3f0a2a4d1c7e55 > "$root/etc/machine-id"

# A getty hangs up the console that the kernel prints to; the others are periodic work that has no
# business in a run of two minutes.
for unit in serial-getty@ttyS0.service serial-getty@ttyS1.service getty@tty1.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer logrotate.timer systemd-tmpfiles-clean.timer \
    libvirt-guests.service networking.service systemd-networkd-wait-online.service \
    systemd-timesyncd.service systemd-pstore.service systemd-update-utmp.service \
    man-db.timer modprobe@.service sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
    proc-sys-fs-binfmt_misc.automount systemd-random-seed.service; do
    ln -sf /dev/null "$units/$unit"
done
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' > "$root/etc/systemd/journald.conf.d/emulated-host.conf"
# AppArmor confines libvirt as on any Debian; a hundred profiles of programs that are not here would
# be compiled at every boot.
for profile in "$root"/etc/apparmor.d/*; do
    case $profile in
    *libvirt*) ;;
    *)
        if [ -f "$profile" ]; then
            ln -sf "../${profile##*/}" "$root/etc/apparmor.d/disable/"
        fi
        ;;
    esac
done
# The scenario that is about it starts it.
rm -f "$units"/*.wants/irqbalance.service
# libvirt's own NAT network would want dnsmasq and a bridge.
rm -f "$root/etc/libvirt/qemu/networks/autostart/default.xml"

# The host's only job: run what the disk labelled "hostdevctl" brings, and report on the second
# serial line, where neither the kernel nor systemd ever writes.
cat > "$units/emulated-host.service" <<'UNIT'
[Unit]
Description=Run what the disk labelled hostdevctl brings
Wants=libvirtd.service
After=libvirtd.service

[Service]
Type=exec
TTYPath=/dev/ttyS1
StandardOutput=tty
StandardError=tty
ExecStartPre=stty -F /dev/ttyS1 raw
ExecStartPre=mount LABEL=hostdevctl /mnt
ExecStart=/mnt/start
ExecStopPost=sync
ExecStopPost=systemctl poweroff --force --force
UNIT
mkdir -p "$units/multi-user.target.wants"
ln -sf ../emulated-host.service "$units/multi-user.target.wants/"
ln -sf /usr/lib/systemd/system/multi-user.target "$units/default.target"

# Messages name PCI vendors out of udev's hardware database.
[ -e "$root/usr/lib/udev/hwdb.bin" ] || chroot "$root" systemd-hwdb update --usr

# Else systemd brings caches up to date at every boot of a disk that forgets what it learned.
touch "$root/etc/.updated" "$root/var/.updated"
