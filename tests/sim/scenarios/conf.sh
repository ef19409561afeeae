#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The files below /etc/hostdevctl do what they say, and a file that is wrong is refused in words.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine desktop

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
GPU=0000:01:00.0
ETC=/etc/hostdevctl
boot=$(state)
domain_xml win10 $UUID $GPU >/tmp/gpu.xml
domain_xml win10 $UUID $GPU 0000:01:00.1 >/tmp/both.xml

# refused SENTENCE PART: prepare fails with the part in its one line, and nothing is touched.
refused() {
    local before
    before=$(journal)
    hook win10 prepare begin </tmp/both.xml
    same "$1: exit 1" 1 "$hook_status"
    contains "$1: the message" "$2" "$hook_stderr"
    same "$1: one line" 1 "$(wc -l <<<"$hook_stderr")"
    same "$1: nothing is touched" "$before" "$(journal)"
}

# drivers_with XML: prepares, prints the drivers of GPU and sound, releases.
drivers_with() {
    hook win10 prepare begin <"$1"
    echo "$hook_status $(driver_of $GPU) $(driver_of 0000:01:00.1)"
    hook win10 release end <"$1"
}

# ---- what the settings do -------------------------------------------------------------------

same "the sample file changes nothing" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/both.xml)"
conf domains/win10.conf <<<$'[devices]\niommu-group = bind'
same "iommu-group = bind takes the sound function along" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/gpu.xml)"
same "and gives it back" "$boot" "$(state)"
conf domains/win10.conf <<<$'[devices]\niommu-group = require'
same "iommu-group = require does not" "1 nouveau snd_hda_intel" "$(drivers_with /tmp/gpu.xml)"
conf domains/win10.conf <<<$'[devices]\ndetach = none'
same "detach = none leaves all to libvirt" "0 nouveau snd_hda_intel" "$(drivers_with /tmp/gpu.xml)"
conf domains/win10.conf <<<$'[devices]\ndetach = unmanaged'
same "detach = unmanaged leaves managed devices to libvirt" "0 nouveau snd_hda_intel" "$(drivers_with /tmp/both.xml)"
domain_xml win10 $UUID $GPU:no 0000:01:00.1 >/tmp/mixed.xml
same "and takes the others" "0 vfio-pci snd_hda_intel" "$(drivers_with /tmp/mixed.xml)"
rm $ETC/domains/win10.conf

# ---- which file wins ------------------------------------------------------------------------

conf hostdevctl.conf <<<$'[devices]\niommu-group = bind'
same "the host's file is for all VMs" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/gpu.xml)"
conf domains/win10.conf <<<$'[devices]\niommu-group = require'
same "the VM's file wins over it" "1 nouveau snd_hda_intel" "$(drivers_with /tmp/gpu.xml)"
conf domains/win10.conf.d/10-a.conf <<<$'[devices]\niommu-group = bind'
same "a drop-in wins over that" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/gpu.xml)"
conf domains/win10.conf.d/20-b.conf <<<$'[devices]\niommu-group = require'
same "the later drop-in over the earlier" "1 nouveau snd_hda_intel" "$(drivers_with /tmp/gpu.xml)"
conf domains/$UUID.conf <<<$'[devices]\niommu-group = bind'
same "the file of the UUID over that of the name" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/gpu.xml)"
conf domains/win10.conf.d/30-c.conf~ <<<"garbage"
conf domains/win10.conf.d/.hidden.conf <<<"garbage"
same "editors' leftovers are no drop-ins" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/gpu.xml)"
rm -r $ETC/hostdevctl.conf $ETC/domains/*
conf domains/other.conf <<<"garbage"
same "the file of another VM is not read" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/both.xml)"
rm $ETC/domains/other.conf

# ---- a device is taken only if it is the right one -------------------------------------------

conf domains/win10.conf <<<$'[device 0000:01:00.0]\nid = 10DE:13c2   # GTX 970'
same "a device with the expected id is taken" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/both.xml)"
conf domains/win10.conf <<<$'[device 0000:01:00.0]\nid = 144d:a80a'
refused "another id" "$GPU (NVIDIA GM204 [GeForce GTX 970], driver nouveau) is not the 144d:a80a that the configuration expects there"

# ---- what is wrong is told with file and line -------------------------------------------------

file=$ETC/domains/win10.conf
while IFS='@' read -r sentence content part; do
    printf '%b' "$content" >$file
    refused "$sentence" "hostdevctl: $file:$part"
done <<'END'
an unknown key@[devices]\n\n  dettach = all\n@3: unknown key 'dettach' in [devices]
an unknown section@# hello\n[devcies]\ndetach = all\n@2: unknown section [devcies]
an unknown section without keys@[devices]\ndetach = all\n[cpus]\n@3: unknown section [cpus]
a bad word@[devices]\ndetach = some\n@2: detach = some: expected all | unmanaged | none
a bad number@[devices]\ntimeout = 15s\n@2: timeout = 15s: expected whole seconds from 1 to 600
no time at all@[devices]\ntimeout = 0\n@2: timeout = 0: expected
an endless time@[devices]\ntimeout = 99999999999999999999\n@2: timeout = 9999
no value@[devices]\ndetach\n@2: this is neither [section] nor name = value
an open section@[devices\ndetach = all\n@1: this is neither
a key before any section@detach = all\n@1: 'detach' stands before any [section]
a bad address@[device 1:0.0]\nid = 10de:13c2\n@1: [device 1:0.0]: expected a PCI address
a bad id@[device 01:00.0]\nid = nvidia\n@2: id = nvidia: expected vendor:device
an unknown key of a device@[device 01:00.0]\nids = 10de:13c2\n@2: unknown key 'ids' in [device 01:00.0]
the first of several errors@[devices]\nbad\ndetach = what\n@2: this is neither
a NUL byte@[devices]\ndetach = all\0none\n@2: the line is too long, or holds a NUL byte
END
{
    echo "[devices]"
    printf 'detach = %05000d\n' 0
} >$file
refused "a line that is too long" "$file:2: the line is too long"
printf '\xef\xbb\xbf[devices]\r\ndetach = all\r\n' >$file
same "a file from Windows is read" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/both.xml)"

# ---- who may write decides what root does -----------------------------------------------------

conf domains/win10.conf <<<"[devices]"
chmod 0664 $file
refused "a file its group may write" "$file can be written by others than root: chmod go-w it"
chmod 0646 $file
refused "a file anybody may write" "$file can be written by others than root"
chmod 0644 $file
if chown 65534 $file 2>/dev/null; then
    refused "a file of another user" "$file belongs to user 65534, not to root: chown root it"
    chown 0 $file
fi
chmod 0777 $ETC/domains
refused "a directory anybody may write" "$ETC/domains is not root's alone to write"
chmod 0755 $ETC/domains
mkdir $ETC/domains/win10.conf.d
chmod 0775 $ETC/domains/win10.conf.d
refused "a drop-in directory its group may write" "$ETC/domains/win10.conf.d is not root's alone to write"
rmdir $ETC/domains/win10.conf.d
rm $file
mkfifo $file
refused "a FIFO" "$file is not a regular file"
rm $file
mkdir $file
refused "a directory" "$file is not a regular file"
rmdir $file
rm -r $ETC
same "no configuration at all is fine" "0 vfio-pci vfio-pci" "$(drivers_with /tmp/both.xml)"
same "the host is as before" "$boot" "$(state)"

plan_done
