#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl check: on a host that is ready all points are; each fault is told in the line of its own
# point, and in no other.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine twins no-iommu no-vfio

UUID=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
conf=/etc/hostdevctl
hooks=/etc/libvirt/hooks
program=/usr/sbin/hostdevctl-hook
rest='kernel line       OK     nothing stands in the way (iommu=pt would spare the host'"'"'s own devices the way through the IOMMU)
memory windows    OK     each device has room for its memory'

# What does not depend on the host that this runs on.
get_ready() {
    touch /dev/kvm
    describe "$(uname -m)"
    touch /etc/qemu/CODE.fd
}

# describe ARCHITECTURE: what QEMU is told of a UEFI firmware for VMs.
describe() {
    mkdir -p /etc/qemu/firmware
    echo '{"interface-types": ["uefi"], "mapping": {"device": "flash", "executable": {"filename": "/etc/qemu/CODE.fd"}},
        "targets": [{"architecture": "'"$1"'", "machines": ["*"]}]}' >/etc/qemu/firmware/50-ovmf.json
}

# points STATE: those that are in it, with commas between.
points() {
    hostdevctl check --json 2>&1 | tr -d '\n' | grep -oE '"check": "[^"]*",[^"]*"state": "'"$1"'"' |
        cut -d '"' -f 4 | paste -sd ,
}

# line POINT: what is found.
line() {
    hostdevctl check 2>&1 | sed -n "s/^$1  *\([A-Z]*\)  *\(.*\)/\1 \2/p"
}

# finds SENTENCE STATE POINT EXPECTED: it is the only one that is not all right.
finds() {
    local other=warn status=1
    if [ "$2" = WARN ]; then other=fail status=0; fi
    hostdevctl check >/tmp/said 2>&1
    same "$1: exit" "$status" $?
    same "$1" "$2 $4" "$(line "$3")"
    same "$1, and no other point" "$3 -" "$(points "${2,,}") $(points $other | grep . || echo -)"
    same "$1, as the last line says" '1 of 16 points needs attention.' "$(tail -n 1 /tmp/said)"
}

# is_ready SENTENCE
is_ready() {
    same "$1" "0 All 16 points are in order." "$(hostdevctl check >/tmp/said 2>&1; echo $?) $(tail -n 1 /tmp/said)"
}

# words WORD...: of the kernel line.
words() {
    echo "$*" >/tmp/cmdline
    cmp -s /tmp/cmdline /proc/cmdline || mount --bind /tmp/cmdline /proc/cmdline 2>/dev/null
}

# processor MAKER
processor() {
    printf 'vendor_id\t: %s\nflags\t\t: fpu vmx svm\n\n' "$1" >/tmp/cpuinfo
    cmp -s /tmp/cpuinfo /proc/cpuinfo || mount --bind /tmp/cpuinfo /proc/cpuinfo 2>/dev/null
}

get_ready
case $MACHINE in
no-iommu)
    same 'without an IOMMU only that fails' 'IOMMU -' "$(points fail) $(points warn | grep . || echo -)"
    contains 'and it is said what is to be done' "FAIL it is off, so no device can be given to a VM: switch " "$(line IOMMU)"
    contains 'in the firmware' "in the firmware's settings" "$(line IOMMU)"
    if words ro intel_iommu=off quiet && processor GenuineIntel; then
        finds 'a kernel line that turns it off is quoted' FAIL IOMMU \
            'it is off, so no device can be given to a VM: take intel_iommu=off away from the kernel line'
        words ro intel_iommu=off intel_iommu=on,igfx_off quiet
        contains 'it does not where it turns it on again' 'so no device can be given to a VM: switch VT-d on in ' "$(line IOMMU)"
        words ro amd_iommu=off
        contains 'nor what is for another processor' 'so no device can be given to a VM: switch VT-d on in ' "$(line IOMMU)"
        processor AuthenticAMD
        contains 'as it does on that' 'take amd_iommu=off away' "$(line IOMMU)"
    else
        skip 'a kernel line that turns it off is quoted' 'nothing can be mounted here'
    fi
    plan_done
    ;;
no-vfio)
    finds 'without VFIO only that fails' FAIL 'VFIO modules' \
        "this kernel has no vfio-pci: install the distribution's kernel with all its modules (such as linux-image-amd64, kernel-modules, linux-modules-extra)"
    plan_done
    ;;
esac

# ---- a host that is ready --------------------------------------------------------------------------

said=$(hostdevctl check 2>&1)
same 'on a host that is ready: exit' 0 $?
same 'all points are in order' "CHECK             STATE  FOUND
virtualization    OK     KVM is there
UEFI for VMs      OK     /etc/qemu/CODE.fd
IOMMU             OK     it is on: 18 groups of devices
$rest
VFIO modules      OK     vfio-pci is loaded when it is needed
hook              OK     it is installed as $hooks/qemu
libvirt daemon    OK     none runs now; it looks for hooks when it starts
SELinux           OK     it is not in force
AppArmor          OK     it is not in force
configuration     OK     1 file in $conf, without a mistake
ownership         OK     $conf is root's alone to write
initramfs         OK     it needs nothing: no device is reserved
reserved devices  OK     there are none
vfio-pci.ids      OK     there are none
leftovers         OK     there are none

All 16 points are in order." "$said"
same 'for scripts: a list of all' '16 "ok"' \
    "$(hostdevctl check --json | grep -c '"check"') $(hostdevctl check --json | grep '"state"' | cut -d: -f2 | sort -u | tr -d ', ')"
same 'each with nothing to do' null "$(hostdevctl check --json | grep '"fix"' | cut -d: -f2 | sort -u | tr -d ' ')"
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
    same 'others than root find the same' "$said" "$(setpriv --reuid 65534 --clear-groups hostdevctl check 2>&1)"
    mkdir -m 0700 /run/hostdevctl
    chmod 0700 $conf
    same 'but for what only root can tell' \
        'what VMs have left: only root can tell: sudo hostdevctl check' \
        "$(setpriv --reuid 65534 --clear-groups hostdevctl check 2>&1 | sed -n 's/^leftovers  *WARN  *//p')"
    same 'and that is not wrong' 0 "$(setpriv --reuid 65534 --clear-groups hostdevctl check >/dev/null 2>&1; echo $?)"
    rmdir /run/hostdevctl
    chmod 0755 $conf
else
    skip 'others than root find the same' 'no other user can be had here'
fi
for command in 'check --nonsense' 'check --xml' 'check a b'; do
    # shellcheck disable=SC2086
    hostdevctl $command >/tmp/stdout 2>/tmp/stderr
    same "'hostdevctl $command' is wrong usage" "2 0" "$? $(wc -c </tmp/stdout)"
done
script -qec 'stty cols 80; hostdevctl check' /dev/null </dev/null | tr -d '\r' >/tmp/terminal
same 'on a terminal it fits' 0 "$(sed 's/\x1b\[[0-9]*m//g' /tmp/terminal | awk 'length > 80' | wc -l)"
contains 'and has colours' $'\x1b[32mOK\x1b[0m' "$(cat /tmp/terminal)"

# ---- the hook --------------------------------------------------------------------------------------

chmod 644 $program
finds 'a hook that is not executable' FAIL hook \
    "$program cannot be executed: chmod 755 $program && systemctl reload libvirtd (or virtqemud)"
chmod 777 $program
finds 'a hook that others can write' FAIL hook \
    "$program is not root's alone to write, and root runs it: chown root $program && chmod go-w $program"
chmod 755 $program
mv $program /tmp/hook
finds 'a hook that leads nowhere' FAIL hook \
    "$hooks/qemu leads to no program: No such file or directory: install hostdevctl again"
cp /tmp/hook /tmp/hostdevctl-hook
mv /tmp/hook $program
ln -sfn /tmp/hostdevctl-hook $hooks/qemu
finds 'a hook of another installation' WARN hook \
    "$hooks/qemu leads to /tmp/hostdevctl-hook, and this tool belongs to $program: ln -sfn $program $hooks/qemu"
rm $hooks/qemu
finds 'no hook' FAIL hook \
    "there is none at $hooks/qemu: ln -s $program $hooks/qemu && systemctl reload libvirtd (or virtqemud)"
printf '#!/bin/sh\n' >$hooks/qemu
chmod 755 $hooks/qemu
finds 'a hook of somebody else' FAIL hook \
    "$hooks/qemu is another program's, and ours is not beside it: mkdir -p $hooks/qemu.d && ln -s $program $hooks/qemu.d/hostdevctl && systemctl reload libvirtd (or virtqemud)"
mkdir -p $hooks/qemu.d
ln -s $program $hooks/qemu.d/hostdevctl
is_ready 'beside another hook ours is as good'
contains 'and that is said' "OK it is installed as $hooks/qemu.d/hostdevctl, and runs after another program's $hooks/qemu" "$(line hook)"
ln -sfn $program $hooks/qemu
finds 'a hook that is there twice' WARN hook \
    "it is installed twice, and runs twice for each VM: rm $hooks/qemu.d/hostdevctl"
rm -r $hooks/qemu.d

# ---- the daemon ------------------------------------------------------------------------------------

cp "$(readlink -f "$(command -v sleep)")" /tmp/libvirtd
/tmp/libvirtd 600 &
daemon=$!
disown
echo $daemon >/run/libvirtd.pid
wait_until grep -q libvirtd /proc/$daemon/comm
is_ready 'a daemon that started after the hook was installed knows it'
contains 'and that is said' 'OK libvirtd runs, and has looked for hooks since ours is there' "$(line 'libvirt daemon')"
sleep 0.1
ln -sfn $program $hooks/qemu
finds 'one that started before may not' WARN 'libvirt daemon' \
    'libvirtd started before the hook was installed, and may not know it: systemctl reload libvirtd'
kill $daemon
wait_until test ! -d /proc/$daemon
is_ready 'one that does not run is none'

# ---- modules ---------------------------------------------------------------------------------------

module=$(find /lib/modules/ -name 'vfio-pci.ko*')
mv "$module" /tmp/
finds 'a module that is in the index only' FAIL 'VFIO modules' \
    "vfio-pci cannot be loaded: $module is not there: install the kernel's modules again"
mv "/tmp/${module##*/}" "$module"
mv /lib/modules/"$(uname -r)" /lib/modules/old
finds 'modules that an upgrade has taken away' FAIL 'VFIO modules' \
    "the modules of the running kernel, $(uname -r), are not there, as after an upgrade: reboot"
mv /lib/modules/old /lib/modules/"$(uname -r)"
if [ -e /usr/share/OVMF ] || [ -e /usr/share/qemu/firmware ] || [ "$(uname -m)" != x86_64 ]; then
    skip 'no UEFI' 'the host has one, or is another one'
else
    why='there is no UEFI firmware for VMs, and most graphics cards need it to show a picture there: install ovmf (Debian, Ubuntu) or edk2-ovmf'
    describe aarch64
    finds 'a UEFI that is for other processors' WARN 'UEFI for VMs' "$why"
    describe "$(uname -m)"
    is_ready 'one that is for this'
    rm /etc/qemu/CODE.fd
    finds 'no UEFI' WARN 'UEFI for VMs' "$why"
fi
get_ready

# ---- configuration ---------------------------------------------------------------------------------

conf domains/vm.conf <<<'[devices]
detach = everything'
finds 'a mistake in the file of a VM' FAIL configuration \
    "$(hostdevctl-hook vm prepare begin - < <(domain_xml vm $UUID 0000:06:00.0) 2>&1 | sed 's/^hostdevctl: //'): correct it; 'hostdevctl conf check' shows all mistakes"
rm $conf/domains/vm.conf
for file in domains/vm.conf.d/a.conf early.d/a.conf hostdevctl.conf; do
    cp $conf/hostdevctl.conf /tmp/saved
    conf $file <<<nonsense
    finds "a mistake in $file" FAIL configuration \
        "$conf/$file:1: this is neither [section] nor name = value: correct it; 'hostdevctl conf check' shows all mistakes"
    rm -r "${conf:?}/$file"
    cp /tmp/saved $conf/hostdevctl.conf
done
conf domains/vm.conf <<<'[devices]'
chown 1 $conf/domains/vm.conf 2>/dev/null || chmod 666 $conf/domains/vm.conf
finds 'a file that is not root'"'"'s' FAIL ownership \
    "$conf/domains/vm.conf is not root's alone to write, so that it is refused: chown root $conf/domains/vm.conf && chmod go-w $conf/domains/vm.conf"
rm $conf/domains/vm.conf
chmod 775 $conf/domains
finds 'a directory that others can write' FAIL ownership \
    "$conf/domains is not root's alone to write, so that it is refused: chown root $conf/domains && chmod go-w $conf/domains"
chmod 755 $conf/domains
chmod 775 $conf/early.d
same 'of one that says what is reserved that is not told to be nothing, either' \
    "WARN which devices are reserved cannot be told, for $conf/early.d is not root's alone to write: chown root and chmod go-w it: see to that, then run 'hostdevctl check' again" \
    "$(line 'reserved devices')"
chmod 755 $conf/early.d
mv $conf/early.d /tmp/early.d
ln -s early.d $conf/early.d
why="cannot be told, for $conf/early.d cannot be opened: Too many levels of symbolic links: see to that, then run 'hostdevctl check' again"
same 'nor of one that cannot be read' "WARN which devices are reserved $why" "$(line 'reserved devices')"
same 'nor is it where the initramfs is concerned' "WARN what is reserved cannot be told, for Too many levels of symbolic links: ${why##*: }" "$(line initramfs)"
mkdir -p /etc/modprobe.d
echo 'options vfio-pci ids=144d:a80a' >/etc/modprobe.d/vfio.conf
same 'nor where ids are' "WARN whether devices are reserved twice $why" "$(line vfio-pci.ids)"
rm $conf/early.d /etc/modprobe.d/vfio.conf
mv /tmp/early.d $conf/early.d
conf "domains/it's.conf" <<<'[devices]'
chmod 666 "$conf/domains/it's.conf"
finds 'a file whose name means something to a shell' FAIL ownership \
    "$conf/domains/it's.conf is not root's alone to write, so that it is refused: chown root '$conf/domains/it'\\''s.conf' && chmod go-w '$conf/domains/it'\\''s.conf'"
said=$(line ownership)
( eval "${said##*refused: }" )
is_ready 'the command is one for it'
rm "$conf/domains/it's.conf"
ln -s circle $conf/domains/circle
conf domains/vm.conf <<<'[devices]'
chmod 666 $conf/domains/vm.conf
ln -s another $conf/domains/another
contains 'a link in a circle does not end the search' "FAIL $conf/domains/vm.conf is not root's alone to write" "$(line ownership)"
rm $conf/domains/vm.conf $conf/domains/circle $conf/domains/another
touch /tmp/loose
chmod 666 /tmp/loose
ln -s /tmp/loose $conf/domains/vm.conf
contains 'a link counts for what it leads to' "FAIL $conf/domains/vm.conf is not root's alone to write" "$(line ownership)"
ln -sf /nowhere $conf/domains/vm.conf
contains 'one that leads nowhere for nothing' 'OK ' "$(line ownership)"
rm $conf/domains/vm.conf
if perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un($ARGV[0])) or exit 1' $conf/socket 2>/dev/null; then
    is_ready 'a socket that is root'"'"'s does not matter'
    chmod 666 $conf/socket
    contains 'one that others can write does, though it cannot be opened' "FAIL $conf/socket is not root's alone to write" "$(line ownership)"
    rm $conf/socket
else
    skip 'a socket' 'nothing here can make one'
fi
is_ready 'all of that is as before'

# ---- what is reserved ------------------------------------------------------------------------------

hostdevctl early add 06:00.0 >/dev/null
control 'load nvme'
same 'the host has the drive' nvme "$(driver_of 0000:06:00.0)"
contains 'a device that is reserved and not on VFIO' 'FAIL 0000:06:00.0 (' "$(line 'reserved devices')"
contains 'is said to be' "is reserved for VMs, but the host's driver nvme has it: hostdevctl early update, then reboot" "$(line 'reserved devices')"
same 'and nothing else fails' 'reserved devices' "$(points fail)"
/usr/lib/udev/hostdevctl-early
is_ready 'where the early binder has run it is well'
contains 'and that is said' 'OK 1, and no driver of the host has it' "$(line 'reserved devices')"
mkdir -p /boot
touch -d '-1 hour' "/boot/initrd.img-$(uname -r)"
finds 'an initramfs that is older than what is reserved' WARN initramfs \
    "/boot/initrd.img-$(uname -r) is older than $conf/early.d/0000:06:00.0.conf: hostdevctl early update"
touch "/boot/initrd.img-$(uname -r)"
is_ready 'one that is newer'
conf early.d/gone.conf <<<'[device 0000:0a:00.0]'
sleep 0.01
touch "/boot/initrd.img-$(uname -r)"
contains 'what is not there is told' 'WARN [device 0000:0a:00.0] in gone.conf reserves nothing: ' "$(line 'reserved devices')"
sleep 0.02
rm $conf/early.d/gone.conf
finds 'an initramfs that is older than what was taken away' WARN initramfs \
    "/boot/initrd.img-$(uname -r) is older than the last change in $conf/early.d: hostdevctl early update"
sleep 0.02
touch "/boot/initrd.img-$(uname -r)"
mkdir -p /etc/modprobe.d
echo 'options vfio-pci ids=144d:a80a' >/etc/modprobe.d/vfio.conf
finds "ids beside what is reserved" WARN vfio-pci.ids \
    "ids=144d:a80a in /etc/modprobe.d/vfio.conf:1 takes all devices of an id, beside those that are reserved in $conf/early.d: hostdevctl early import"
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
    chmod 0600 "$conf/early.d/0000:06:00.0.conf"
    same 'who cannot read that is told so' 'whether devices are reserved twice: only root can tell: sudo hostdevctl check' \
        "$(setpriv --reuid 65534 --clear-groups hostdevctl check 2>&1 | sed -n 's/^vfio-pci.ids  *WARN  *//p')"
fi
rm /etc/modprobe.d/vfio.conf "$conf/early.d/0000:06:00.0.conf"
finds 'an initramfs that reserves what is not reserved any more' WARN initramfs \
    "/boot/initrd.img-$(uname -r) is older than the last change in $conf/early.d: hostdevctl early update"
touch "/boot/initrd.img-$(uname -r)"
is_ready 'one that was made since'
sleep 0.02
touch $conf/early.d
rm /run/udev/rules.d/61-hostdevctl.rules
is_ready 'nor does one matter where nothing was reserved, as after an installation'
rm /boot/initrd*

# ---- leftovers -------------------------------------------------------------------------------------

domain_xml vm $UUID 0000:07:00.0 >/tmp/vm.xml
hook vm prepare begin </tmp/vm.xml
is_ready 'a VM that runs is no leftover'
daemon_kill
finds 'one whose daemon died while it started' FAIL leftovers \
    'VM vm has ended, and what it had has not been given back: hostdevctl recover'
check 'with what is said there' hostdevctl recover
is_ready 'all is well again'
echo nonsense >/run/hostdevctl/.damaged-vm
finds 'a damaged journal' FAIL leftovers \
    'the journal of VM vm is damaged, so that its devices may not have been given back: hostdevctl recover vm'
rm /run/hostdevctl/.damaged-vm
echo nonsense >'/run/hostdevctl/.damaged-my\x20vm'
echo nonsense >'/run/hostdevctl/.damaged-my\x20vm2'
finds 'several of them, with names that need quotes' FAIL leftovers \
    "the journal of VM my vm (and 1 more) is damaged, so that its devices may not have been given back: hostdevctl recover 'my vm'"
contains 'as they do where it is told what to do' "hostdevctl recover --forget 'my vm'" "$(hostdevctl recover 'my vm' 2>&1)"
rm /run/hostdevctl/.damaged-*

# ---- a VM ------------------------------------------------------------------------------------------

# advice FILE: what is said of the VM in it, and the exit code.
advice() {
    hostdevctl check --xml "$1" 2>&1
    echo "exit $?"
}

domain_xml vm $UUID 0000:07:00.0 >/tmp/vm.xml
same 'a VM that would start, and of which nothing is to be said' "CHECK  STATE  FOUND
start  OK     it would start, after what 'hostdevctl plan' lists

The one point is in order.
exit 0" "$(advice /tmp/vm.xml)"
domain_xml vm $UUID 0000:02:00.0 >/tmp/vm.xml
control 'load snd_hda_intel'
said=$(advice /tmp/vm.xml)
contains 'one that would not start: the sentence of the hook' \
    "start     FAIL   $(hook vm prepare begin </tmp/vm.xml; echo "${hook_stderr#hostdevctl: }")" "$said"
same 'and what would be better' "CHECK     STATE  FOUND
firmware  WARN   SeaBIOS can make the graphics card 0000:02:00.0 show a picture only if its ROM still has a legacy part: choose UEFI, <os firmware='efi'>, for a VM that is not installed yet: one that is would not boot any more
machine   OK     q35, which has PCI Express
NVIDIA    OK     only drivers older than 465 refuse consumer cards in a VM: for those <kvm><hidden state='on'/></kvm> and, with <hyperv>, <vendor_id state='on' value='whatever'/>
sound     WARN   0000:02:00.0 comes without its sound, 0000:02:00.1: nothing is heard on its monitor, and the host must do without that function anyway if both are in one IOMMU group: add it: hostdevctl xml 0000:02:00.1
ROM       WARN   0000:02:00.0 has none that could be read, so the guest shows no picture on it before its own driver runs: if that is needed, give it one with <rom file='FILE'/>

4 of 6 points need attention.
exit 1" "$(grep -v '^start ' <<<"$said")"
domain_xml vm $UUID 0000:02:00.0 0000:02:00.1 |
    sed "s/<os>/<os firmware='efi'>/; 0,/<.source>/ s|</source>|</source><rom file='/tmp/vm.xml'/>|" >/tmp/vm.xml
same 'all of that can be had' 'OK OK OK OK OK OK exit 0' \
    "$(advice /tmp/vm.xml | sed -n '2,7p;$p' | awk '/^exit/ { print; next } { print $2 }' | xargs)"
same 'standard input is as good' "$(advice /tmp/vm.xml)" "$(advice - </tmp/vm.xml)"
domain_xml vm $UUID 0000:01:00.0 | sed "s|</source>|</source><rom file='/nowhere'/>|" >/tmp/vm.xml
contains 'a ROM that is not there' \
    'FAIL   /nowhere is the ROM of 0000:01:00.0, and is not there: take <rom file=...> away, or make the file: hostdevctl rom 0000:01:00.0 --save FILE' \
    "$(advice /tmp/vm.xml)"
echo '<domain>' >/tmp/vm.xml
contains 'what is no XML is told' 'hostdevctl: the domain XML is not well-formed: line ' "$(advice /tmp/vm.xml)"
contains 'and ends in failure' 'exit 1' "$(advice /tmp/vm.xml)"
same 'so is a file that is not there' 'hostdevctl: /nowhere cannot be read: No such file or directory
exit 1' "$(advice /nowhere)"
hostdevctl check vm >/tmp/stdout 2>/tmp/stderr
same 'without libvirt there are no VMs with names' '1 0' "$? $(wc -c </tmp/stdout)"
check 'and that is said' test -s /tmp/stderr
is_ready 'and the host is as before'

# ---- the kernel line and security modules ----------------------------------------------------------

# A /sys that has more in it.
extend_sys() {
    mkdir -p /run/sys && mount --rbind /sys /run/sys && mount -t tmpfs tmpfs /sys || return
    local entry
    for entry in /run/sys/* /run/sys/.sim; do ln -s "$entry" "/sys/${entry##*/}"; done
}

if words ro quiet; then
    words ro iommu=pt quiet
    is_ready 'iommu=pt is fine'
    same 'and no tip is needed then' 'OK nothing stands in the way' "$(line 'kernel line')"
    words ro pcie_acs_override=downstream quiet
    finds 'isolation that is only said to be there' WARN 'kernel line' \
        'pcie_acs_override has the kernel believe that devices cannot reach each other, and those of a VM may reach the memory of the host through others: take it away from the kernel line unless you trust the VMs'
    words hostdevctl.early=off
    finds 'the way out that was not taken back' WARN 'kernel line' \
        "hostdevctl.early=off: nothing in $conf/early.d is reserved at boot: take it away from the kernel line"
    words ro quiet
else
    skip 'the kernel line' 'nothing can be mounted here'
fi
if extend_sys 2>/tmp/why; then
    is_ready 'SELinux that is not there'
    mkdir -p /sys/fs 2>/dev/null
    [ ! -L /sys/fs ] || { rm /sys/fs && mkdir /sys/fs; }
    mkdir -p /sys/fs/selinux/booleans
    echo 1 >/sys/fs/selinux/enforce
    echo '0 0' >/sys/fs/selinux/booleans/virt_hooks_unconfined
    finds 'SELinux that does not let hooks work' FAIL SELinux \
        'it is enforcing, and does not let hooks do their work: setsebool -P virt_hooks_unconfined on'
    echo '1 1' >/sys/fs/selinux/booleans/virt_hooks_unconfined
    is_ready 'SELinux that does'
    echo 0 >/sys/fs/selinux/enforce
    echo '0 0' >/sys/fs/selinux/booleans/virt_hooks_unconfined
    is_ready 'SELinux that only logs'
    umount -l /sys && umount -l /run/sys
else
    skip 'SELinux' "nothing can be mounted here ($(cat /tmp/why))"
fi
plan_done
