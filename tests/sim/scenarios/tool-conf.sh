#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl conf check: all mistakes in the files below /etc/hostdevctl, with file and line.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine twins

ETC=/etc/hostdevctl

tool 2 'it takes no arguments' 'hostdevctl: conf check takes no arguments: it reads all files' conf check x
for command in 'conf --help' 'conf check --help'; do
    # shellcheck disable=SC2086
    check "'$command' fits a screen" \
        awk 'length > 80 || NR > 24 { bad = 1 } END { exit bad || NR < 3 }' <(hostdevctl $command)
done
tool 0 'what is installed is without a mistake' "1 file below $ETC: all is well." conf check

sed 's/^#\([^ ]\)/\1/' "$SOURCE/etc/hostdevctl/hostdevctl.conf" | conf hostdevctl.conf
check 'so is every setting in the sample' hostdevctl conf check
rm $ETC/hostdevctl.conf
tool 0 'no file is no mistake' "There are no files below $ETC: the defaults are in force." conf check

conf hostdevctl.conf <<<"[devices]
detach = all"
conf domains/win10.conf <<<"; comment
[device gpu]
id = 1
[device 0000:06:00.0]
id = 144d:a80a"
conf domains/win10.conf.d/cpu.conf <<<"[cpu]
pin = auto"
conf early.d/drive.conf <<<"[device 0000:07:00.0]
id = 144d:a80a"
mistake="$ETC/domains/win10.conf:2: [device gpu]: expected a PCI address, e.g. [device 0000:01:00.0]"
tool 1 'one mistake, and no other because of it' "$mistake" conf check
same 'for scripts' "{\"files\":4,\"findings\":[{\"line\":2,\"file\":\"$ETC/domains/win10.conf\",\"warning\":false,\"what\":\"[devicegpu]:expectedaPCIaddress,e.g.[device0000:01:00.0]\"}]}" \
    "$(hostdevctl conf check --json | tr -d '\n ')"
conf domains/win10.conf <<<"[device 0000:06:00.0]
id = 144d:a80a"
tool 0 'mended' "4 files below $ETC: all is well." conf check

conf domains/win10.conf <<<"x = 1
[devices]
timeout = 0
foo
detach = some
[nonsense]
all = passed over
without a message
[broken
x
[cpu]
pin = 7
$(printf '%0300d' 0)
= 2"
conf domains/win10.conf.d/cpu.conf <<<"[cpu]
pin == auto"
conf early.d/drive.conf <<<"[device 0000:07:00.0]
with = all"
conf early.d/more.conf <<<"[id 144d:a80a]
sriov-vfs = 2"
said=$(hostdevctl conf check 2>&1)
same 'many mistakes are no success' 1 $?
same 'each has its line' "$ETC/domains/win10.conf:1
$ETC/domains/win10.conf:3
$ETC/domains/win10.conf:4
$ETC/domains/win10.conf:5
$ETC/domains/win10.conf:6
$ETC/domains/win10.conf:9
$ETC/domains/win10.conf:12
$ETC/domains/win10.conf:13
$ETC/domains/win10.conf:14
$ETC/domains/win10.conf.d/cpu.conf:2
$ETC/early.d/drive.conf:2" "$(sed -n 's/^\([^:]*:[0-9]*\): .*/\1/p' <<<"$said")"
contains 'what is neither a section nor a setting' "$ETC/domains/win10.conf:4: this is neither [section] nor name = value" "$said"
contains 'what is no word for it' "$ETC/domains/win10.conf:5: detach = some: expected all | unmanaged | none" "$said"
conf early.d/pair.conf <<<"[serial 00-25-38-5b-71-b0-ab-12]
[id 144d:a80a]
nonsense = 1
sriov-vfs = 2
with = slot
[id 144d:a80b]
sriov-vfs = 2
with = slot"
chmod 664 $ETC/early.d/pair.conf
same 'each section is looked at as a whole, but for what was not understood' \
    "$ETC/early.d/pair.conf: others than root can write it: chmod go-w $ETC/early.d/pair.conf
$ETC/early.d/pair.conf: [serial 00-25-38-5b-71-b0-ab-12] needs id = VENDOR:DEVICE as well: the number is read from such devices only
$ETC/early.d/pair.conf:3: unknown key 'nonsense' in [id 144d:a80a]
$ETC/early.d/pair.conf: [id 144d:a80b] is about virtual functions: with = slot | iommu-group has no meaning there" \
    "$(hostdevctl conf check | grep pair.conf)"
hook win10 prepare begin < <(domain_xml win10 11111111-2222-3333-4444-555555555555 0000:06:00.0)
same 'the first of them is what the VM is refused with' \
    "hostdevctl: $(grep -m 1 win10.conf: <<<"$said")" "$hook_stderr"
rm -r $ETC/domains $ETC/early.d

# ---- what is no mistake, but perhaps not meant -----------------------------------------------------

conf hostdevctl.conf <<<"[device 0000:09:00.0]
force = in-use"
conf win10.conf </dev/null
conf domains/win10 </dev/null
conf domains/win10.conf.d/cpu </dev/null
conf early.d/drive.conf.bak </dev/null
conf early.d/README </dev/null
# What editors leave is nobody's business.
conf domains/.win10.conf.swp </dev/null
conf .hidden/file.conf </dev/null
tool 0 'warnings' "$ETC/domains/win10: warning: nobody reads it: its name ends neither in .conf nor in .conf.d
$ETC/domains/win10.conf.d/cpu: warning: nobody reads it: its name does not end in .conf
$ETC/early.d/drive.conf.bak: warning: nobody reads it: its name does not end in .conf
$ETC/hostdevctl.conf:1: warning: [device 0000:09:00.0]: there is no device at this address (lspci -D lists them)
$ETC/win10.conf: warning: nobody reads it: a VM's file is domains/NAME.conf
1 file below $ETC: no mistake." conf check
same 'for scripts these are warnings, too' 5 "$(hostdevctl conf check --json | grep -c '"warning": *true')"
rm -r $ETC/win10.conf $ETC/.hidden $ETC/domains $ETC/early.d

# ---- what is no file -------------------------------------------------------------------------------

conf hostdevctl.conf <<<'[devices]'
mkdir -p $ETC/domains/directory.conf
mkfifo $ETC/domains/fifo.conf
ln -s nowhere $ETC/domains/link.conf
conf "domains/"$'odd\e[1m.txt' </dev/null
tool 1 'what cannot be read as a file is a mistake' "$ETC/domains/directory.conf: it is not a regular file
$ETC/domains/fifo.conf: it is not a regular file
$ETC/domains/link.conf: it cannot be opened: No such file or directory
$ETC/domains/odd?[1m.txt: warning: nobody reads it: its name ends neither in .conf nor in .conf.d" conf check
rm -r $ETC/domains

# ---- VMs that there are not ------------------------------------------------------------------------

cat >"$DOMAINS" <<'END'
aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce off win10
bbbbbbbb-0546-4c1c-96c7-1ffe204ae6ce on debian 12
END
conf hostdevctl.conf <<<'[devices]'
for name in win10 'debian 12' bbbbbbbb-0546-4c1c-96c7-1ffe204ae6ce win11 WIN10; do
    conf "domains/$name.conf" <<<'[devices]'
    conf "domains/$name.conf.d/more.conf" <<<'[devices]'
done
tool 0 'where libvirt cannot be asked nothing is said of VMs' "11 files below $ETC: all is well." conf check
check 'libvirt answers' domains_start
unknown='warning: libvirt knows no VM of this name or UUID (virsh list --all --uuid --name)'
tool 0 'files of VMs that libvirt does not know' "$ETC/domains/WIN10.conf: $unknown
$ETC/domains/WIN10.conf.d: $unknown
$ETC/domains/win11.conf: $unknown
$ETC/domains/win11.conf.d: $unknown
11 files below $ETC: no mistake." conf check
: >"$DOMAINS"
same 'it may know none' 10 "$(hostdevctl conf check | grep -cF "$unknown")"
same 'each of them is a warning for scripts' 10 "$(hostdevctl conf check --json | grep -c '"warning": *true')"
domains_stop
rm -r $ETC/domains

# ---- who may write ---------------------------------------------------------------------------------

conf hostdevctl.conf <<<"[devices]"
conf domains/win10.conf <<<"[devices]"
chmod 664 $ETC/hostdevctl.conf
chown 65534 $ETC/domains
said=$(hostdevctl conf check)
same 'what others can write is a mistake, with what mends it' \
    "$ETC/domains: it belongs to user 65534, not to root: chown root $ETC/domains
$ETC/hostdevctl.conf: others than root can write it: chmod go-w $ETC/hostdevctl.conf" "$said"
check 'which does' bash -c "$(awk -F ': ' '{ print $NF }' <<<"$said")"
tool 0 'mended again' "2 files below $ETC: all is well." conf check
chmod 600 $ETC/hostdevctl.conf
chmod 646 $ETC/domains/win10.conf
contains 'whoever these others are' "$ETC/domains/win10.conf: others than root can write it" "$(hostdevctl conf check)"
chmod 644 $ETC/domains/win10.conf
check_fails 'without what this user cannot read it is no success' setpriv --reuid 65534 --regid 65534 --clear-groups hostdevctl conf check
same 'what this user cannot read is said' \
    "hostdevctl: some files can be read by root only: sudo hostdevctl conf check" \
    "$(setpriv --reuid 65534 --regid 65534 --clear-groups hostdevctl conf check 2>&1 >/dev/null)"

plan_done
