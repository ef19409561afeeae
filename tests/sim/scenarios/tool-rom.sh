#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl rom: what is in an option ROM, and whom reading it would harm.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine roms

check 'the machine has names' hwdb 10DE=NVIDIA 10DE:1E87=TU104

# rom STATUS SENTENCE EXPECTED ARGUMENT...: see tool.
rom() { tool "${@:1:3}" rom "${@:4}"; }

rom_of() {
    echo "$PCI/devices/0000:$1/rom"
}

table='OFFSET  BYTES  FOR                         DEVICE     CLASS   FITS
0       512    BIOS                        10de:1e87  030000  yes
0x200   512    UEFI on x86-64, compressed  10de:1e87  030000  yes'
legacy='OFFSET  BYTES  FOR   DEVICE     CLASS   FITS
0       512    BIOS  10de:1e87  030000  yes'
old='A UEFI guest shows no picture from it until its own driver is there, only a BIOS guest does: look for a ROM with UEFI support at the card'\''s maker.'
card='0000:01:00.0 (NVIDIA TU104)'

# ---- what is in it -----------------------------------------------------------------------------

rom 0 'one for BIOS and UEFI' "$card, 10de:1e87: option ROM of 1024 bytes

$table

A UEFI guest can show a picture from it before its own driver is there." 01:00.0
same 'it was switched on and off again' 'write 0000:01:00.0/rom "1"
write 0000:01:00.0/rom "0"' "$(journal)"
check_fails 'and cannot be read any more' cat "$(rom_of 01:00.0)"
echo 1 >"$(rom_of 01:00.0)"
check 'one that somebody else has switched on is read' hostdevctl rom 01:00.0
check 'and stays switched on' cat "$(rom_of 01:00.0)"
echo 0 >"$(rom_of 01:00.0)"

rom 0 'the copy of what the host booted with is told from the ROM, and can be read though a driver is at work' \
    "0000:02:00.0 (NVIDIA TU104), 10de:1e87: option ROM of 512 bytes

$legacy

$old
hostdevctl: warning: this is the copy in memory that the host's firmware has run, and may have changed, without an image for UEFI: have the host boot with another display to read what is on the card" 0000:02:00.0
contains 'one for another processor, which is damaged as well' \
    'A UEFI guest shows no picture from it until its own driver is there: the UEFI image is for another kind of processor.
hostdevctl: warning: the ROM is damaged: it ends before its last image does: what was read is not all of it' \
    "$(hostdevctl rom 03:00.0 2>&1)"
contains 'one whose list of devices has the card' '1002:6800  030000  yes

A UEFI guest can show a picture' "$(hostdevctl rom 04:00.0 2>&1)"
contains 'one that is for another card' '10de:1e84  030000  no

A UEFI guest shows no picture from it: the UEFI image is for another device' "$(hostdevctl rom 09:00.0 2>&1)"
contains "a network card's" "Only a BIOS guest's firmware makes use of it, a UEFI guest's does not.
hostdevctl: warning: the ROM is damaged" "$(hostdevctl rom 08:00.0 2>&1)"
same 'scripts are told of damage' '"end": "cut" "end": "cut"' \
    "$(for device in 03:00.0 08:00.0; do hostdevctl rom --json $device 2>/dev/null; done | grep -o '"end": "[a-z]*"' | xargs -d '\n')"
rom 0 'for scripts' '{
  "device": "0000:01:00.0",
  "name": "NVIDIA TU104",
  "id": "10de:1e87",
  "display": true,
  "size": 1024,
  "shadow": false,
  "images": [
    {
      "offset": 0,
      "length": 512,
      "code-type": 0,
      "id": "10de:1e87",
      "class": "030000",
      "fits": true,
      "last": false
    },
    {
      "offset": 512,
      "length": 512,
      "code-type": 3,
      "id": "10de:1e87",
      "class": "030000",
      "fits": true,
      "last": true,
      "machine": 34404,
      "machine-name": "x86-64",
      "subsystem": 11,
      "compressed": true
    }
  ],
  "end": "complete",
  "uefi-guest": true,
  "saved": null
}' --json 01:00.0

# ---- saving ------------------------------------------------------------------------------------

cd /tmp || exit 1
rom 0 'it is saved, and how to use that is said with its whole path' \
    "$card, 10de:1e87: option ROM of 1024 bytes

$table

A UEFI guest can show a picture from it before its own driver is there.

Saved in /tmp/card.rom. To have a VM use that, put it into the device's <hostdev> (QEMU has
to be able to read the file):
  <rom file='/tmp/card.rom'/>" --save card.rom 01:00.0
echo 1 >"$(rom_of 01:00.0)"
check 'byte for byte' cmp card.rom "$(rom_of 01:00.0)"
cp card.rom good.rom
echo 0 >"$(rom_of 01:00.0)"
echo mine >card.rom
rom 1 'a file that is there is not written over' \
    'hostdevctl: card.rom is there already, and is not written over' --save card.rom 01:00.0
same 'what is in it stays' mine "$(cat card.rom)"
ln -s nowhere link.rom
rom 1 'nor is what a link leads to made' \
    'hostdevctl: link.rom is there already, and is not written over' --save link.rom 01:00.0
check_fails 'it is not there' test -e nowhere
rom 1 'a directory that is not there is told' \
    'hostdevctl: none/card.rom cannot be written: No such file or directory' --save none/card.rom 01:00.0
mkdir full
mount -t tmpfs -o size=4k tmpfs full
dd if=/dev/zero of=full/filler bs=4k 2>/dev/null
rom 1 'so is a disk that is full' \
    'hostdevctl: full/card.rom cannot be written: No space left on device' --save full/card.rom 01:00.0
same 'and no half of it stays there' filler "$(ls full)"
umount full
contains 'a name is written as XML wants it' "<rom file='/tmp/it&#39;s &lt;it&gt;.rom'/>" \
    "$(hostdevctl rom --save "it's <it>.rom" 01:00.0)"
contains 'scripts are told where it is, too' '"saved": "/tmp/other.rom"' "$(hostdevctl rom --json --save other.rom 01:00.0)"
check 'and it is the same' cmp good.rom other.rom

# ---- none --------------------------------------------------------------------------------------

rom 1 'a device without one' 'hostdevctl: 0000:05:00.0 (144d:a80a) has no option ROM: it needs none' 05:00.0
rom 1 'a virtual function' \
    'hostdevctl: 0000:0b:02.0 (8086:154c) has no option ROM: virtual functions have none' 0b:02.0
rom 1 'graphics that are part of a processor' \
    "hostdevctl: 0000:00:02.0 (8086:3e9b) has no option ROM of its own: what shows a picture from it is part of the host's firmware, as it is with graphics that are part of a processor" 00:02.0
rom 1 'one that does not answer as a ROM does' \
    'hostdevctl: the option ROM of 0000:06:00.0 (8086:10d3) cannot be read: the device does not answer there with what begins as a ROM does. A driver may have switched it off: try again after a reboot, with the device reserved (hostdevctl early add)' 06:00.0
same 'it is switched off, too' 'write 0000:06:00.0/rom "0"' "$(journal | tail -n 1)"
rom 1 'one that sleeps' \
    'hostdevctl: the option ROM of 0000:0c:00.0 (NVIDIA TU104) cannot be read while the device sleeps (D3cold): wake it with: echo on > /sys/bus/pci/devices/0000:0c:00.0/power/control' 0c:00.0
rom 1 'the display that the host booted with, without a copy' \
    "hostdevctl: the option ROM of 0000:0d:00.0 (NVIDIA TU104) cannot be read: it is the display that the host booted with, and where its firmware would leave a copy there is none. Have the host boot with another display, or get the ROM from the card's maker" 0d:00.0

# ---- in use ------------------------------------------------------------------------------------

control clear-log
said=$(hostdevctl rom 07:00.0 2>&1)
same 'what the host is using is not read' 1 $?
contains 'and it is said who uses it, and what to do' \
    'hostdevctl: 0000:07:00.0 (8086:10d3) is in use by the host: ' "$said"
contains 'and what to do' 'free it first, or say --in-use if that does no harm' "$said"
same 'the device was left alone' '' "$(journal)"
check 'it is, when that is said' hostdevctl rom 07:00.0 --in-use
domain_xml win10 7a52f0d2-3a47-41e5-9b02-5b5d0b7f5a11 0000:09:00.0 >/run/vm.xml
check 'a VM starts' start_vm /run/vm.xml win10
control clear-log
rom 1 "a VM's device is not read, whatever is said" \
    'hostdevctl: 0000:09:00.0 (NVIDIA TU104) is in use by VM win10, which may lose it while the option ROM is read: shut that down first' \
    --in-use 09:00.0
same 'it was left alone, too' '' "$(journal)"
: >/dev/vfio/2
exec 7</dev/vfio/2
control clear-log
rom 1 'nor what another process has open' \
    "hostdevctl: $card is in use by process $$ (bash), which may lose it while the option ROM is read: shut that down first" \
    --in-use 01:00.0
same 'which was left alone as well' '' "$(journal)"
exec 7<&-
rm /dev/vfio/2
daemon_kill
rom 1 'nor is that of a VM that is gone' \
    'hostdevctl: 0000:09:00.0 (NVIDIA TU104) has not been given back by VM win10, which is gone: hostdevctl recover does that' \
    --in-use 09:00.0
check 'which it does' hostdevctl recover

# ---- stuck, and killed -------------------------------------------------------------------------

control 'hang rom-read 0000:0a:00.0'
hostdevctl rom 0a:00.0 >/dev/null 2>&1 &
victim=$!
sleep 0.5
kill -KILL "$victim"
wait "$victim" 2>/dev/null
control 'release 0000:0a:00.0'
is_off() {
    journal | tail -n 1 | grep -qx 'write 0000:0a:00.0/rom "0"'
}
check 'when the tool is killed meanwhile, it is switched off all the same' wait_until is_off
control 'hang rom-read 0000:0a:00.0'
start=$(now)
rom 1 'a device that does not answer is given up' \
    'hostdevctl: reading the option ROM of 0000:0a:00.0 (NVIDIA TU104) did not end in time: the device does not answer, or its driver hangs in the kernel. The kernel log may tell why' 0a:00.0
check 'after a quarter of a minute' test $(($(now) - start)) -lt 18000000
check 'and switched off' is_off
control 'release 0000:0a:00.0'

# ---- the command line --------------------------------------------------------------------------

rom 2 'a device has to be named' 'hostdevctl: rom: which device? For example: hostdevctl rom 01:00.0 (lspci lists devices)'
rom 2 'no more than one' 'hostdevctl: rom: one device at a time. For example: hostdevctl rom 01:00.0 (lspci lists devices)' 01:00.0 02:00.0
said=$(hostdevctl rom gpu 2>&1)
same 'what is no address is wrong usage' 2 $?
contains 'and is quoted' "'gpu' is no PCI address" "$said"
said=$(hostdevctl rom 00:1f.7 2>&1)
same 'an address with nothing there is a failure' 1 $?
contains 'and is told' 'there is no device at 0000:00:1f.7' "$said"

# ---- in a list ---------------------------------------------------------------------------------

# What is said of the ROM of each device that has one.
roms() {
    hostdevctl list --rom |
        awk 'match($0, /(no UEFI|UEFI|useless) ROM|ROM of another device/) { print substr($0, 8, 7), substr($0, RSTART, RLENGTH) }'
}
control reset
same 'a list tells what each ROM is good for, of devices that nobody holds' \
    '01:00.0 UEFI ROM
03:00.0 no UEFI ROM
04:00.0 UEFI ROM
08:00.0 no UEFI ROM
09:00.0 ROM of another device
0a:00.0 no UEFI ROM' "$(roms)"
same 'and does not read them unasked' '' "$(hostdevctl list | grep ROM)"
same 'for scripts it is told, too' '"UEFI ROM"' \
    "$(hostdevctl list --rom --json 01:00.0 | sed -n 's/^ *"rom": *\(.*\),$/\1/p')"
check_fails 'an ordinary user is refused' setpriv --reuid 1000 --regid 1000 --clear-groups hostdevctl list --rom

plan_done
