#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl early: what an admin reserves for VMs, sees, changes, and has made anew.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine twins

directory=/etc/hostdevctl/early.d
next='This takes effect at the next boot, after: hostdevctl early update'

# program PATH STATUS: a stand-in that tells how it was called.
program() {
    mkdir -p "$(dirname "$1")"
    cat >"$1" <<END
#!/bin/sh
echo "${1##*/} called: \$*, \$(env | grep -v ^PWD=)"
exit $2
END
    chmod 755 "$1"
}

start_anew() {
    rm -rf "$directory" /run/udev/rules.d /etc/modprobe.d /run/modprobe.d /etc/driverctl.d
}

# Each line of the files that are there, behind the file's name.
files() {
    local file
    for file in "$directory"/*; do sed "s|^|${file##*/}:|" "$file"; done
}

check 'the machine has names' \
    hwdb 144D=Samsung 144D:A80A='980 PRO' 10DE=NVIDIA 10DE:1E87=TU104 10DE:10F8='TU104 Audio'
start_anew

# ---- how it is called ------------------------------------------------------------------------------

for command in '' early 'early add' 'early remove' 'early nonsense' 'nonsense' 'early list x' \
    'early list --nonsense' 'early update x' 'early import x' 'early import --nonsense' \
    'early add --nonsense' 'early add --by' 'early add --by x 06:00.0' \
    'early add --with nothing 06:00.0' 'early add 6' 'early remove 6'; do
    # shellcheck disable=SC2086
    hostdevctl $command >/tmp/stdout 2>/tmp/stderr
    same "'hostdevctl $command' is wrong usage" "2 0" "$? $(wc -c </tmp/stdout)"
    check "and that is said of '$command'" test -s /tmp/stderr
done
for command in --help -h help 'early --help' 'early list --help' 'early add --help' \
    'early remove --help' 'early update --help' 'early import --help'; do
    # shellcheck disable=SC2086
    help=$(hostdevctl $command 2>/tmp/stderr)
    same "'hostdevctl $command' helps" "0 0" "$? $(wc -c </tmp/stderr)"
    check "and fits a screen ($command)" \
        awk 'length > 80 || NR > 24 { bad = 1 } END { exit bad || NR < 3 }' <<<"$help"
done
tool 2 'a verb that is none' \
    "hostdevctl: there is no 'hostdevctl early rm': hostdevctl early --help lists what there is" \
    early rm
tool 2 'what is no address' \
    "hostdevctl: early add: '06:00' is no PCI address: expected something like 0000:05:00.0, as lspci -D prints it" \
    early add 06:00

# ---- list and add ----------------------------------------------------------------------------------

tool 0 'where nothing is reserved it is said how to begin' \
    "No device is reserved for VMs from boot on: 'hostdevctl early add 0000:05:00.0' reserves one (lspci -D lists them)." \
    early list
same 'and for scripts it is an empty list' '[]' "$(hostdevctl early list --json 2>&1 | tr -d '\n ')"

tool 0 'a device is added by its address' "$directory/0000:06:00.0.conf, [device 0000:06:00.0]:
  0000:06:00.0 (Samsung 980 PRO)
$next" early add 06:00.0
same 'the file says what, and for which make' \
    "0000:06:00.0.conf:# Written by 'hostdevctl early add': 0000:06:00.0 (Samsung 980 PRO)
0000:06:00.0.conf:[device 0000:06:00.0]
0000:06:00.0.conf:id = 144d:a80a" "$(files)"
same 'all can read it, root can write it' '644 0 755' \
    "$(stat -c '%a %u' "$directory/0000:06:00.0.conf") $(stat -c %a "$directory")"
same 'nothing else is left in the directory' 0000:06:00.0.conf "$(ls -A "$directory")"
tool 0 'it is listed' \
    'DEVICE        NAME             ID         NOW  NEXT BOOT  RULE
0000:06:00.0  Samsung 980 PRO  144d:a80a  -    reserved   [device 0000:06:00.0] in 0000:06:00.0.conf' \
    early list
same 'for scripts too' '[{"device":"0000:06:00.0","name":"Samsung980PRO","id":"144d:a80a","driver":null,"next-boot":"reserved","why":null,"section":"device0000:06:00.0","file":"/etc/hostdevctl/early.d/0000:06:00.0.conf"}]' \
    "$(hostdevctl early list --json | tr -d '\n ')"
tool 1 'it is not added twice' \
    'hostdevctl: 0000:06:00.0 (Samsung 980 PRO) is reserved already, by [device 0000:06:00.0] in 0000:06:00.0.conf' \
    early add 0000:06:00.0
tool 1 'of several one of which cannot be reserved, all that is wrong is said' \
    'hostdevctl: there is no device at 0000:09:00.0: lspci -D lists what there is
hostdevctl: 0000:01:00.0 (NVIDIA TU104) cannot be reserved: it is the display that the host boots with: say --boot-display if the host can do without a picture
hostdevctl: 0000:00:1c.4 (8086:a33c) cannot be reserved: it is a bridge, without which the host cannot reach what is behind it' \
    early add 05:00.0 09:00.0 01:00.0 00:1c.4
same 'and none is written' 0000:06:00.0.conf "$(ls -A "$directory")"
tool 1 'one serial number of two functions' \
    'hostdevctl: 0000:03:00.0 (8086:1572) cannot be reserved: 0000:03:00.1 is a function of the same card, with the same serial number: say --with slot to reserve the card' \
    early add --by serial 03:00.0
tool 1 'no serial number' \
    'hostdevctl: 0000:02:00.0 has no serial number: --by path finds it in the same slot again' \
    early add --by serial 02:00.0
tool 0 'a serial number' "$directory/0000:07:00.0.conf, [serial 00-25-38-5b-71-b0-ab-27]:
  0000:07:00.0 (Samsung 980 PRO)
$next" early add --by serial 07:00.0
tool 0 'a path, and the whole slot' "$directory/0000:02:00.0.conf, [path pci0000:00/01.1/00.0]:
  0000:02:00.0 (NVIDIA TU104)
  0000:02:00.1 (NVIDIA TU104 Audio)
$next" early add --by path --with slot 02:00.0 02:00.1
tool 0 'the boot display, if that is said' "$directory/0000:01:00.0.conf, [device 0000:01:00.0]:
  0000:01:00.0 (NVIDIA TU104)
  0000:01:00.1 (NVIDIA TU104 Audio)
$next" early add --boot-display --with iommu-group 01:00.0
same 'the files say so' \
    "0000:01:00.0.conf:# Written by 'hostdevctl early add': 0000:01:00.0 (NVIDIA TU104)
0000:01:00.0.conf:[device 0000:01:00.0]
0000:01:00.0.conf:id = 10de:1e87
0000:01:00.0.conf:with = iommu-group
0000:01:00.0.conf:boot-display = yes
0000:02:00.0.conf:# Written by 'hostdevctl early add': 0000:02:00.0 (NVIDIA TU104)
0000:02:00.0.conf:[path pci0000:00/01.1/00.0]
0000:02:00.0.conf:id = 10de:1e87
0000:02:00.0.conf:with = slot
0000:06:00.0.conf:# Written by 'hostdevctl early add': 0000:06:00.0 (Samsung 980 PRO)
0000:06:00.0.conf:[device 0000:06:00.0]
0000:06:00.0.conf:id = 144d:a80a
0000:07:00.0.conf:# Written by 'hostdevctl early add': 0000:07:00.0 (Samsung 980 PRO)
0000:07:00.0.conf:[serial 00-25-38-5b-71-b0-ab-27]
0000:07:00.0.conf:id = 144d:a80a" "$(files)"
check 'the early binder does as was said' /usr/lib/udev/hostdevctl-early
same 'with all of them, and no other' '0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:02:00.1 0000:06:00.0 0000:07:00.0' \
    "$(state | awk '$2 == "vfio-pci" { printf "%s%s", sep, $1; sep = " " }')"
tool 0 'the list tells the driver of now' \
    'DEVICE        NAME                ID         NOW       NEXT BOOT  RULE
0000:01:00.0  NVIDIA TU104        10de:1e87  vfio-pci  reserved   [device 0000:01:00.0] in 0000:01:00.0.conf
0000:01:00.1  NVIDIA TU104 Audio  10de:10f8  vfio-pci  reserved   [device 0000:01:00.0] in 0000:01:00.0.conf
0000:02:00.0  NVIDIA TU104        10de:1e87  vfio-pci  reserved   [path pci0000:00/01.1/00.0] in 0000:02:00.0.conf
0000:02:00.1  NVIDIA TU104 Audio  10de:10f8  vfio-pci  reserved   [path pci0000:00/01.1/00.0] in 0000:02:00.0.conf
0000:06:00.0  Samsung 980 PRO     144d:a80a  vfio-pci  reserved   [device 0000:06:00.0] in 0000:06:00.0.conf
0000:07:00.0  Samsung 980 PRO     144d:a80a  vfio-pci  reserved   [serial 00-25-38-5b-71-b0-ab-27] in 0000:07:00.0.conf' \
    early list

start_anew
tool 0 'by its id a device goes with its twins, and that is said' \
    "$directory/0000:06:00.0.conf, [id 144d:a80a]:
  0000:05:00.0 (Samsung 980 PRO)
  0000:06:00.0 (Samsung 980 PRO)
  0000:07:00.0 (Samsung 980 PRO)
hostdevctl: warning: 0000:06:00.0 is not the only 144d:a80a: 0000:05:00.0, 0000:07:00.0 will be reserved as well. To have only some of them reserved, remove $directory/0000:06:00.0.conf, and then: hostdevctl early add DEVICE...
$next" early add --by id 06:00.0
tool 0 'a twin that has to stay, and a group that is not complete, are said' \
    "$directory/0000:02:00.0.conf, [id 10de:1e87]:
  0000:02:00.0 (NVIDIA TU104)
hostdevctl: warning: 0000:01:00.0 (NVIDIA TU104) is left to the host: it is the display that the host boots with: say boot-display = yes if the host can do without a picture
hostdevctl: warning: 0000:02:00.0 shares its IOMMU group with 0000:02:00.1, and a VM can have it only with all of the group: reserve the rest too (--with iommu-group)
$next" early add --by id 02:00.0
start_anew
mkdir -p "$directory"
echo '# mine' >"$directory/0000:06:00.0.conf"
tool 1 "a file that is there is nobody's to overwrite" \
    "hostdevctl: $directory/0000:06:00.0.conf is there already, and does not reserve the device: correct it, or remove it first" \
    early add 05:00.0 06:00.0
same 'nor is another written' '0000:06:00.0.conf:# mine' "$(files)"

# A device in use; what is on vfio-pci for VMs already is none.
start_anew
control 'load i40e'
echo 2 >"$PCI/devices/0000:03:00.0/sriov_numvfs"
contains 'a device in use is added, with a warning' \
    'hostdevctl: warning: 0000:03:00.0 (8086:1572) is in use right now: it has virtual functions' \
    "$(hostdevctl early add 03:00.0 2>&1)"
check 'it is added' test -e "$directory/0000:03:00.0.conf"
tool 1 'a virtual function has no path of its own' \
    'hostdevctl: 0000:03:02.0 is a virtual function, which shows serial number and path of the physical one: say vf = NUMBER in a section for that' \
    early add --by path 03:02.0
echo 0 >"$PCI/devices/0000:03:00.0/sriov_numvfs"
control 'unload i40e'

# What the host needs, by what an initramfs was told.
start_anew
conf host-devices <<'END'
[path pci0000:00/1c.4/00.0]
for = the root file system
END
tool 1 'what the host needs is not added' \
    'hostdevctl: 0000:05:00.0 (Samsung 980 PRO) cannot be reserved: the host itself needs it for the root file system' \
    early add 05:00.0
tool 0 'nor taken with its twins' \
    "$directory/0000:06:00.0.conf, [id 144d:a80a]:
  0000:06:00.0 (Samsung 980 PRO)
  0000:07:00.0 (Samsung 980 PRO)
hostdevctl: warning: 0000:06:00.0 is not the only 144d:a80a: 0000:07:00.0 will be reserved as well. To have only some of them reserved, remove $directory/0000:06:00.0.conf, and then: hostdevctl early add DEVICE...
hostdevctl: warning: 0000:05:00.0 (Samsung 980 PRO) is left to the host: the host itself needs it for the root file system
$next" early add --by id 06:00.0
rm /etc/hostdevctl/host-devices

# ---- all that a list may hold, on a terminal, and for others ---------------------------------------

start_anew
conf early.d/all.conf <<'END'
# my machine

# the drive
[device 0000:06:00.0]
# a card, all of it
[device 0000:02:00.0]   ; the second
with = slot
# not plugged in

[serial 00-25-38-5b-71-b0-ab-99]
id = 144d:a80a

[device 0000:03:00.0]
sriov-vfs = 4
vf = 0-1
[device 0000:03:00.1]
vf = 2
[device 0000:09:00.0]
[device 0000:05:00.0]
id = 1b36:0010
[path pci0000:00/1c.1/00.0]
END
tool 0 'the list tells of all that is named' \
    'DEVICE        NAME                ID         NOW       NEXT BOOT                                                RULE
0000:06:00.0  Samsung 980 PRO     144d:a80a  vfio-pci  reserved                                                 [device 0000:06:00.0] in all.conf
0000:02:00.0  NVIDIA TU104        10de:1e87  vfio-pci  reserved                                                 [device 0000:02:00.0] in all.conf
0000:02:00.1  NVIDIA TU104 Audio  10de:10f8  vfio-pci  reserved                                                 [device 0000:02:00.0] in all.conf
-             -                   144d:a80a  -         missing: no 144d:a80a has this serial number             [serial 00-25-38-5b-71-b0-ab-99] in all.conf
0000:03:00.0  -                   8086:1572  -         4 VFs, reserved: 0-1                                     [device 0000:03:00.0] in all.conf
0000:03:00.1  -                   8086:1572  -         VFs reserved: 2                                          [device 0000:03:00.1] in all.conf
0000:09:00.0  -                   -          -         missing: there is no device at 0000:09:00.0              [device 0000:09:00.0] in all.conf
0000:05:00.0  Samsung 980 PRO     144d:a80a  -         left: it is 144d:a80a, and not what id = 1b36:0010 says  [device 0000:05:00.0] in all.conf
-             -                   -          -         missing: there is no device at pci0000:00/1c.1/00.0      [path pci0000:00/1c.1/00.0] in all.conf' \
    early list
same 'JSON tells of virtual functions, and why not' \
    '"next-boot":"vfs","vfs":4,"reserved-vfs":"0-1","why":null "next-boot":"left","why":"itis144d:a80a,andnotwhatid=1b36:0010says"' \
    "$(hostdevctl early list --json | tr -d '\n ' | grep -o '"next-boot":"\(vfs","vfs":4\|left\)[^{]*' |
        sed 's/,"section.*//' | paste -sd ' ')"
script -qec 'stty cols 100; hostdevctl early list' /dev/null </dev/null | tr -d '\r' >/tmp/terminal
same 'on a terminal it fits' 0 "$(sed 's/\x1b\[[0-9]*m//g' /tmp/terminal | awk 'length > 100' | wc -l)"
contains 'and has colours' $'\x1b[32mreserved\x1b[0m' "$(cat /tmp/terminal)"
check_fails 'but not if nobody wants them' \
    grep -q $'\x1b' <<<"$(script -qec 'NO_COLOR=1 hostdevctl early list' /dev/null </dev/null)"
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
    said=$(setpriv --reuid 65534 --clear-groups hostdevctl early list 2>&1)
    contains 'others than root can list' '0000:06:00.0  Samsung 980 PRO' "$said"
    contains 'and are told what they cannot see' 'serial numbers can be read by root only' "$said"
    for command in 'add 07:00.0' 'remove 06:00.0' update import; do
        # shellcheck disable=SC2086
        said=$(setpriv --reuid 65534 --clear-groups hostdevctl early $command 2>&1)
        same "but not '$command'" \
            "1 hostdevctl: only root can do this: sudo hostdevctl early ${command%% *}" "$? $said"
    done
else
    skip 'others than root can list' 'no other user can be had here'
fi

# ---- remove ----------------------------------------------------------------------------------------

before=$(cat "$directory/all.conf")
tool 1 'what is reserved because of another, and what is not, cannot be removed' \
    "hostdevctl: 0000:02:00.1 (NVIDIA TU104 Audio) is reserved because of 0000:02:00.0, by [device 0000:02:00.0] in $directory/all.conf: remove that one, or edit the file
hostdevctl: 0000:07:00.0 (Samsung 980 PRO) is reserved by no file in $directory: 'hostdevctl early list' lists what is" \
    early remove 06:00.0 02:00.1 07:00.0
same 'and then nothing is' "$before" "$(cat "$directory/all.conf")"
cp "$directory/all.conf" /tmp/all.conf
tool 0 'what goes along with another can be named, too' \
    "[device 0000:02:00.0] was taken out of $directory/all.conf
$next" early remove 02:00.1 02:00.0
cp /tmp/all.conf "$directory/all.conf"
tool 0 'sections go, whether they reserve something or not' \
    "[device 0000:02:00.0] was taken out of $directory/all.conf
[device 0000:03:00.0] was taken out of $directory/all.conf
[device 0000:09:00.0] was taken out of $directory/all.conf
[device 0000:05:00.0] was taken out of $directory/all.conf
$next" early remove 09:00.0 02:00.0 03:00.0 05:00.0
same 'all else stays as it was' '# my machine

# the drive
[device 0000:06:00.0]
# a card, all of it
# not plugged in

[serial 00-25-38-5b-71-b0-ab-99]
id = 144d:a80a

[device 0000:03:00.1]
vf = 2
[path pci0000:00/1c.1/00.0]' "$(cat "$directory/all.conf")"
same 'so does who can read it' 644 "$(stat -c %a "$directory/all.conf")"
conf early.d/one.conf <<<'[device 0000:07:00.0]'
tool 0 "an admin's file stays, if empty" "[device 0000:07:00.0] was taken out of $directory/one.conf
$next" early remove 07:00.0
same 'it is there' 0 "$(stat -c %s "$directory/one.conf")"
hostdevctl early add 07:00.0 >/dev/null
tool 0 'one that was written by add goes' \
    "[device 0000:07:00.0] was taken out of $directory/0000:07:00.0.conf
$next" early remove 07:00.0
same 'it is gone' 'all.conf one.conf' "$(cd "$directory" && echo *)"
hostdevctl early add 07:00.0 >/dev/null
echo '# do not touch' >>"$directory/0000:07:00.0.conf"
hostdevctl early remove 07:00.0 >/dev/null
contains 'unless somebody wrote something into it' '# do not touch' "$(cat "$directory/0000:07:00.0.conf")"
start_anew
conf early.d/twins.conf <<<'[id 144d:a80a]'
tool 1 'one of several that are reserved by their id' \
    "hostdevctl: 0000:06:00.0 (Samsung 980 PRO) is reserved together with 0000:05:00.0, 0000:07:00.0, by [id 144d:a80a] in $directory/twins.conf: take that section out of the file, and add those that are to stay reserved ('hostdevctl early add DEVICE')" \
    early remove 06:00.0
tool 0 'all of them' "[id 144d:a80a] was taken out of $directory/twins.conf
$next" early remove 05:00.0 06:00.0 07:00.0

# ---- update ----------------------------------------------------------------------------------------

start_anew
program /tmp/udevadm 0
udev=yes
mkdir -p /run/udev
touch /run/udev/control
mount --bind /tmp/udevadm /usr/bin/udevadm 2>/dev/null || udev=no
hostdevctl early add 06:00.0 >/dev/null
listed='DEVICE        NAME             ID         NOW       NEXT BOOT  RULE
0000:06:00.0  Samsung 980 PRO  144d:a80a  vfio-pci  reserved   [device 0000:06:00.0] in 0000:06:00.0.conf'
told='udevadm called: control --reload, PATH=/usr/sbin:/usr/bin:/sbin:/bin'
if [ "$udev" = no ]; then
    rm /run/udev/control
    skip 'udev is told' 'nothing can be mounted over its program here'
    listed+=$'\n' told=
fi
if [ -x /usr/sbin/update-initramfs ] || [ -x /usr/bin/mkinitcpio ] || [ -x /usr/bin/dracut ] || [ -x /usr/sbin/dracut ]; then
    skip 'without a tool' 'the host has one that makes an initramfs'
else
    tool 0 'without a tool that makes an initramfs the unit does it' "$listed
$told

There is no tool on this host that makes an initramfs: at boot hostdevctl-early.service reserves the devices." \
        early update
fi

program /usr/lib/booster/regenerate_images 0
tool 1 'booster cannot tell twins apart' "$listed
hostdevctl: 0000:06:00.0 (Samsung 980 PRO) cannot be told from its twin 0000:05:00.0 by booster, which knows ids only (both are 144d:a80a): reserve the twin too, or use another initramfs tool (mkinitcpio, dracut)" \
    early update
hostdevctl early add 05:00.0 07:00.0 >/dev/null
force='hostdevctl: booster would not load vfio-pci before other drivers: add this line to /etc/booster.yaml (or the module to the line that is there): modules_force_load: vfio_pci'
said=$(hostdevctl early update 2>&1)
same 'it has to load vfio-pci' "1 $force" "$? $(tail -n 1 <<<"$said")"
printf 'modules: vfio_pci\n  modules_force_load: vfio_pci\nmodules_force_load: nvme # vfio_pci\n' >/etc/booster.yaml
same 'and not somewhere else' "$force" "$(hostdevctl early update 2>&1 | tail -n 1)"
check_fails 'nothing is written before that' test -e /etc/modprobe.d
echo 'modules_force_load: "nvme,vfio_pci"' >/etc/booster.yaml
said=$(hostdevctl early update 2>&1)
same 'then booster is called' "0 
Making the initramfs anew: /usr/lib/booster/regenerate_images
regenerate_images called: , PATH=/usr/sbin:/usr/bin:/sbin:/bin
booster loads drivers side by side: where another one is faster than vfio-pci, hostdevctl-early.service takes the device back from it later in the boot." \
    "$? $(tail -n 4 <<<"$said")"
same 'with the ids in modprobe.d' "# Written by 'hostdevctl early update' for booster; what is changed here is lost.
options vfio-pci ids=144d:a80a" "$(cat /etc/modprobe.d/hostdevctl.conf)"
conf early.d/vfs.conf <<<'[device 0000:03:00.0]
sriov-vfs = 2'
same 'virtual functions are not for booster' \
    'hostdevctl: [device 0000:03:00.0] in vfs.conf is about virtual functions, which booster cannot make: another initramfs tool can (mkinitcpio, dracut)' \
    "$(hostdevctl early update 2>&1 | tail -n 1)"
rm "$directory"/*.conf
check 'when nothing is reserved any more' hostdevctl early update
same 'nothing of it is left' "" "$(find /etc/modprobe.d /run/udev/rules.d -type f)"

hostdevctl early add 05:00.0 06:00.0 07:00.0 >/dev/null
hostdevctl early update >/dev/null 2>&1
check 'with booster there are ids in modprobe.d' test -e /etc/modprobe.d/hostdevctl.conf
program /usr/sbin/mkinitcpio 0
# hooks TEXT: of mkinitcpio.
hooks() {
    printf '# HOOKS=(hostdevctl)\nMODULES=()\nHOOKS=(%s)\n' "$1" >/etc/mkinitcpio.conf
}
hooks 'base udev autodetect block filesystems'
out='hostdevctl: mkinitcpio would leave the early binder out: add'
same 'a hook that mkinitcpio is not told of is missed' \
    "$out hostdevctl to HOOKS in /etc/mkinitcpio.conf, then run this again" \
    "$(hostdevctl early update 2>&1 | tail -n 1)"
hooks $'base systemd\n    hostdevctl block'
same 'so is the one that systemd needs' \
    "$out sd-hostdevctl to HOOKS in /etc/mkinitcpio.conf, then run this again" \
    "$(hostdevctl early update 2>&1 | tail -n 1)"
hooks $'base udev\n    hostdevctl block'
same 'with the right one mkinitcpio is called' "Making the initramfs anew: /usr/sbin/mkinitcpio -P
mkinitcpio called: -P, PATH=/usr/sbin:/usr/bin:/sbin:/bin" "$(hostdevctl early update 2>&1 | tail -n 2)"
check_fails 'and no ids are left that would take twins' test -e /etc/modprobe.d/hostdevctl.conf
rm /usr/sbin/mkinitcpio "$directory"/*.conf

program /usr/sbin/update-initramfs 0
hostdevctl early add 06:00.0 >/dev/null
tool 0 "Debian's tool goes before others" "$listed
$told

Making the initramfs anew: /usr/sbin/update-initramfs -u -k all
update-initramfs called: -u -k all, PATH=/usr/sbin:/usr/bin:/sbin:/bin" early update
contains "udev's rules are made anew" 'KERNEL=="0000:06:00.0"' \
    "$(cat /run/udev/rules.d/61-hostdevctl.rules)"
program /usr/sbin/update-initramfs 3
tool 1 'when the tool fails, so does the update' "$listed
$told

Making the initramfs anew: /usr/sbin/update-initramfs -u -k all
update-initramfs called: -u -k all, PATH=/usr/sbin:/usr/bin:/sbin:/bin
hostdevctl: /usr/sbin/update-initramfs failed, with exit status 3: the next boot may not do what is listed above, but what the initramfs was made for before" \
    early update
rm -r /run/udev/rules.d
conf early.d/broken.conf <<<'[device 0000:07:00.0]
iommu = yes'
tool 1 'a mistake in a file: its place is told, and nothing is made' \
    "hostdevctl: $directory/broken.conf:2: unknown key 'iommu' in [device 0000:07:00.0]
hostdevctl: nothing was made anew: correct the mistake first" early update
check_fails 'no rules' test -e /run/udev/rules.d
tool 1 'the list tells of it, too' \
    "hostdevctl: $directory/broken.conf:2: unknown key 'iommu' in [device 0000:07:00.0]
${listed%$'\n'}" early list

# ---- import ----------------------------------------------------------------------------------------

start_anew
tool 0 'where there is nothing to import, that is said' \
    'There is nothing to import: the kernel line has no vfio-pci.ids=, modprobe.d no options of vfio-pci, and driverctl no override with vfio-pci.' \
    early import
mkdir -p /etc/modprobe.d /run/modprobe.d /etc/driverctl.d
cat >/etc/modprobe.d/vfio.conf <<'END'
# options vfio-pci ids=8086:a348
options vfio-pci \
    ids=8086:a36d,dead:beef disable_vga=1
options nvme ids=8086:a348
options vfio_pci ids="10de:ffffffff:ffffffff:ffffffff:040300:ffff00"
END
echo 'options vfio-pci ids=8086:a348' >/run/modprobe.d/vfio.conf
echo 'options vfio-pci ids=144d:a80a' >/run/modprobe.d/drives.conf
echo vfio-pci >/etc/driverctl.d/0000:00:17.0
echo uio_pci_generic >/etc/driverctl.d/0000:00:1f.4
sources='/etc/modprobe.d/vfio.conf'
warned='hostdevctl: warning: /etc/driverctl.d/0000:00:1f.4 is left as it is: it has driverctl bind the device to uio_pci_generic, which is not for VMs
ids=8086:a36d,dead:beef in /etc/modprobe.d/vfio.conf:2: there is no dead:beef on this host, nothing is written for it'
written="$directory/0000:00:14.0.conf, [device 0000:00:14.0]:
  0000:00:14.0 (8086:a36d)
$directory/0000:01:00.1.conf, [device 0000:01:00.1]:
  0000:01:00.1 (NVIDIA TU104 Audio)
hostdevctl: warning: 0000:01:00.1 shares its IOMMU group with 0000:01:00.0, and a VM can have it only with all of the group: reserve the rest too (--with iommu-group)
$directory/0000:02:00.1.conf, [device 0000:02:00.1]:
  0000:02:00.1 (NVIDIA TU104 Audio)
hostdevctl: warning: 0000:02:00.1 shares its IOMMU group with 0000:02:00.0, and a VM can have it only with all of the group: reserve the rest too (--with iommu-group)
$directory/0000:05:00.0.conf, [id 144d:a80a]:
  0000:05:00.0 (Samsung 980 PRO)
  0000:06:00.0 (Samsung 980 PRO)
  0000:07:00.0 (Samsung 980 PRO)
hostdevctl: warning: 0000:05:00.0 is not the only 144d:a80a: 0000:06:00.0, 0000:07:00.0 will be reserved as well. To have only some of them reserved, remove $directory/0000:05:00.0.conf, and then: hostdevctl early add DEVICE...
$directory/0000:00:17.0.conf, [device 0000:00:17.0]:
  0000:00:17.0 (8086:a352)"
away="  ids=8086:a36d,dead:beef, from $sources:2
  ids=\"10de:ffffffff:ffffffff:ffffffff:040300:ffff00\", from $sources:5
  ids=144d:a80a, from /run/modprobe.d/drives.conf:1
  the file /etc/driverctl.d/0000:00:17.0"
tool 0 'what would be imported' "$warned
Nothing is written now. These files would be:
$written

Then they would replace:
$away" early import --dry-run
check_fails 'is not written' test -e "$directory"
tool 0 'what is imported' "$warned
$written

What is not needed any more, and should be taken away:
$away

$next" early import
same 'is written: an address where there is one, the id of twins' \
    "0000:05:00.0.conf:# Written by 'hostdevctl early import': 0000:05:00.0 (Samsung 980 PRO)
0000:05:00.0.conf:[id 144d:a80a]" "$(files | grep ^0000:05)"
contains 'each with its own id' '0000:02:00.1.conf:id = 10de:10f8' "$(files)"
same 'and no more than that' 5 "$(find "$directory" -type f | wc -l)"
before=$(files)
said=$(hostdevctl early import 2>&1)
same 'again: all is said to be there' "0 5" "$? $(grep -c 'is reserved already, by' <<<"$said")"
same 'and nothing is written twice' "$before" "$(files)"
rm /etc/modprobe.d/* /run/modprobe.d/* /etc/driverctl.d/*
echo 'options vfio-pci ids=10de:1e87,zzz' >/etc/modprobe.d/a.conf
echo 'options vfio-pci ids=8086:a338,8086:a36d' >/etc/modprobe.d/b.conf
tool 1 'what cannot be reserved is told, and its source is not to be taken away' \
    "hostdevctl: warning: ids=10de:1e87,zzz in /etc/modprobe.d/a.conf:1: 'zzz' is not understood, and left out
hostdevctl: ids=8086:a338,8086:a36d in /etc/modprobe.d/b.conf:1: 0000:00:1c.0 (8086:a338) cannot be reserved: it is a bridge, without which the host cannot reach what is behind it
0000:00:14.0 (8086:a36d) is reserved already, by [device 0000:00:14.0] in 0000:00:14.0.conf
$directory/0000:02:00.0.conf, [id 10de:1e87]:
  0000:02:00.0 (NVIDIA TU104)
hostdevctl: warning: 0000:01:00.0 (NVIDIA TU104) is left to the host: it is the display that the host boots with: say boot-display = yes if the host can do without a picture

What is not needed any more, and should be taken away:
  ids=10de:1e87,zzz, from /etc/modprobe.d/a.conf:1

$next" early import

plan_done
