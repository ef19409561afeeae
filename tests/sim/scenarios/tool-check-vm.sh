#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl check of a VM: what is said of ROMs, of firmware and of huge pages is true of this host.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine roms numa

UUID=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce

# advice POINT [COMMAND...]: what is said of it, by that command.
advice() {
    local point=$1
    shift
    "$@" hostdevctl check --xml /tmp/vm.xml 2>&1 | sed -n "s/^$point  *\([A-Z]*\)  *\(.*\)/\1 \2/p"
}

# ---- huge pages ------------------------------------------------------------------------------------

if [ "$MACHINE" = numa ]; then
    domain_xml vm $UUID |
        sed "s|<memory .*|<memory unit='MiB'>8192</memory><memoryBacking><hugepages/></memoryBacking>|" >/tmp/vm.xml
    contains 'huge pages that are not there are missed' 'FAIL it needs 4096 huge pages of 2048 KiB, and 960 are free' "$(advice 'huge pages')"
    qemu_start vm 2
    same 'but not by a VM that runs, which has its own' 'OK they are not counted while the VM runs, which has its own' "$(advice 'huge pages')"
    qemu_stop vm
    contains 'once it has ended they are again' 'FAIL it needs 4096 huge pages' "$(advice 'huge pages')"
    plan_done
fi

# ---- ROMs ------------------------------------------------------------------------------------------

domain_xml vm $UUID 0000:01:00.0 >/tmp/vm.xml
same 'a card with a ROM' 'OK the guest can read that of 0000:01:00.0' "$(advice ROM)"
domain_xml vm $UUID 0000:02:00.0 >/tmp/vm.xml
same 'the one that the host booted with' "WARN the host booted with 0000:02:00.0, and what is read of its ROM may be what the host has left of it: boot with another display, as the firmware's settings let choose; or only once, to save what is read then (hostdevctl rom 0000:02:00.0 --save FILE) for <rom file='FILE'/>" \
    "$(advice ROM)"
domain_xml vm $UUID 0000:00:02.0 >/tmp/vm.xml
same 'one without a ROM' "WARN 0000:00:02.0 has none that could be read, so the guest shows no picture on it before its own driver runs: if that is needed, give it one with <rom file='FILE'/>" \
    "$(advice ROM)"
domain_xml vm $UUID 0000:00:02.0 | sed "s|</source>|</source><rom file='/srv/roms/card.rom'/>|" >/tmp/vm.xml
mkdir -p /srv/roms
touch /srv/roms/card.rom
same 'one that gets a file' 'OK the guest reads /srv/roms/card.rom as that of 0000:00:02.0' "$(advice ROM)"
chmod 700 /srv/roms
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
    same 'where others than root cannot look for it nobody says that it is not there' \
        'WARN whether /srv/roms/card.rom, the ROM of 0000:00:02.0, is there: only root can tell: sudo hostdevctl check' \
        "$(advice ROM setpriv --reuid 65534 --clear-groups)"
else
    skip 'where others than root cannot look' 'no other user can be had here'
fi
rm -r /srv/roms

# ---- firmware --------------------------------------------------------------------------------------

# loader ATTRIBUTES FILE
loader() {
    domain_xml vm $UUID 0000:01:00.0 | sed "s|</os>|<loader $1>$2</loader></os>|" >/tmp/vm.xml
}

loader "readonly='yes' type='rom'" /usr/share/ovmf/OVMF.fd
same 'a ROM of that name is UEFI' 'OK UEFI, which can use the ROM of a graphics card' "$(advice firmware)"
loader "type='rom'" /usr/share/seabios/bios-256k.bin
contains 'another is not' 'WARN SeaBIOS' "$(advice firmware)"
loader "type='rom'" /srv/guest-firmware.bin
contains 'nor is one of which nobody says that it is' 'WARN SeaBIOS' "$(advice firmware)"
mkdir -p /etc/qemu/firmware
echo '{"interface-types": ["uefi"], "mapping": {"device": "memory", "filename": "/srv/guest-firmware.bin"}}' \
    >/etc/qemu/firmware/50-guest.json
same "until QEMU's descriptions do" 'OK UEFI, which can use the ROM of a graphics card' "$(advice firmware)"
plan_done
