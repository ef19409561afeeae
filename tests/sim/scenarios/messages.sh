#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whatever is wrong, the person who started the VM reads one sentence that says what to do, and
# nothing on the host is touched.
# The functions at the end are called by the machine's name.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317,SC2086
. "$(dirname "$0")/../lib.sh"
machine desktop no-iommu no-vfio variant

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
boot=$(state)

# refused SENTENCE MESSAGE: prepare with /tmp/vm.xml says exactly this.
refused() {
    hook win10 prepare begin </tmp/vm.xml
    same "$1: exit 1" 1 "$hook_status"
    same "$1: the message" "hostdevctl: $2" "$hook_stderr"
    same "$1: the host is untouched" "$boot" "$(state)"
    same "$1: no journal is left" "" "$(ls -A /run/hostdevctl 2>/dev/null)"
}

# mentions SENTENCE PART: the same, for messages with a part that libraries or kernels word.
mentions() {
    hook win10 prepare begin </tmp/vm.xml
    same "$1: exit 1" 1 "$hook_status"
    contains "$1: the message" "$2" "$hook_stderr"
    same "$1: one line" 1 "$(wc -l <<<"$hook_stderr")"
    same "$1: the host is untouched" "$boot" "$(state)"
}

vm() { domain_xml win10 $UUID "$@" >/tmp/vm.xml; }

on_desktop() {
    vm 0000:01:00.0
    refused "a group member that stays behind" \
        "0000:01:00.1 (NVIDIA GM204 High Definition Audio Controller, driver snd_hda_intel) shares IOMMU group 1 with 0000:01:00.0 and must go with it: add it to the VM, or set iommu-group = bind in /etc/hostdevctl/domains/win10.conf"
    vm 0000:09:00.0
    refused "no device" \
        "the VM wants PCI device 0000:09:00.0, but there is no device at that address: it may have moved when hardware was changed; lspci -D lists what is there"
    vm 0000:00:01.0
    refused "a bridge" \
        "0000:00:01.0 (Intel 6th-10th Gen Core Processor PCIe Controller (x16), driver pcieport) is a PCI bridge, which stays with the host: remove it from the VM, and give it the devices behind the bridge instead"

    # The XML.
    echo "<domain><name>win10</domain>" >/tmp/vm.xml
    mentions "malformed XML" "hostdevctl: the domain XML is not well-formed: line 2: "
    : >/tmp/vm.xml
    mentions "no XML" "hostdevctl: the domain XML is not well-formed: line 1: "
    domain_xml other $UUID 0000:01:00.0 >/tmp/vm.xml
    refused "another VM's XML" \
        "the domain XML is of another VM (other) than the one the hook was called for"
    { echo "<domain>"; head -c 17000000 /dev/zero | tr '\0' x; } >/tmp/vm.xml
    refused "too much XML" "the domain XML is larger than 16 MiB: refused"
    {
        for _ in {1..3000}; do echo "<a>"; done
        for _ in {1..3000}; do echo "</a>"; done
    } >/tmp/vm.xml
    mentions "deep XML" "hostdevctl: the domain XML is not well-formed: line 25"
    cat >/tmp/vm.xml <<'END'
<?xml version="1.0"?>
<!DOCTYPE domain [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<domain><name>&b;</name></domain>
END
    refused "entities" \
        "the domain XML has a document type declaration, which libvirt never writes: refused"
    vm 0000:01:00.0 0000:01:00.1
    sed -i "s/bus='0x01'/bus='0x100'/" /tmp/vm.xml
    mentions "an address that is none" "whose <source> holds no valid PCI address"
    sed -i "s|<driver name='vfio'/>|<driver name='vfio' model='\&#10;../../x'/>|; s/0x100/0x01/" /tmp/vm.xml
    mentions "a driver that is none" "cannot be given to driver ?../../x: the running kernel has no such driver"

    # How it is called.
    same "no arguments at all" 1 "$(/etc/libvirt/hooks/qemu 2>/dev/null; echo $?)"
    same "an empty name has no journal" 0 "$(/etc/libvirt/hooks/qemu "" release end - </dev/null; echo $?)"
    name=$(printf '%010000d' 0)
    same "a name of 10,000 characters" 0 "$(/etc/libvirt/hooks/qemu "$name" release end - </dev/null; echo $?)"
    domain_xml "$name" $UUID 0000:01:00.0 0000:01:00.1 >/tmp/vm.xml
    same "which cannot start" "hostdevctl: the VM's name is too long for a file name: rename it
1" "$(/etc/libvirt/hooks/qemu "$name" prepare begin - </tmp/vm.xml 2>&1; echo $?)"
    domain_xml "../../etc" $UUID 0000:01:00.0 0000:01:00.1 >/tmp/vm.xml
    same "a name with slashes is refused" "hostdevctl: the VM's name has a slash in it, which libvirt allows no VM: rename it
1" "$(/etc/libvirt/hooks/qemu "../../etc" prepare begin - </tmp/vm.xml 2>&1; echo $?)"
    for name in .. .hidden 'a b' $'a\nb' 'a;reboot' $'\xc3\xa9'; do
        domain_xml "$name" $UUID 0000:01:00.0 0000:01:00.1 >/tmp/vm.xml
        /etc/libvirt/hooks/qemu "$name" prepare begin - </tmp/vm.xml
        same "an odd name has one visible file in /run/hostdevctl" 1 "$(find /run/hostdevctl -type f -name '[!.]*' | wc -l)"
        /etc/libvirt/hooks/qemu "$name" release end - </tmp/vm.xml
        same "and its devices come back" "$boot" "$(state)"
    done

    # Standard descriptors that are closed.
    vm 0000:01:00.0 0000:01:00.1
    (exec /etc/libvirt/hooks/qemu win10 prepare begin - <&- >&- 2>&-)
    same "with all of its descriptors closed it fails" 1 $?
    same "and touches nothing" "$boot" "$(state)"
    (exec /etc/libvirt/hooks/qemu win10 prepare begin - </tmp/vm.xml >&- 2>&-)
    same "without stdout and stderr it works" "0 vfio-pci" "$? $(driver_of 0000:01:00.0)"
    (exec /etc/libvirt/hooks/qemu win10 release end - <&- >&- 2>&-)
    same "also back" "$boot" "$(state)"

    # An ordinary user's session daemon.
    same "as an ordinary user it does nothing, silently" "0" \
        "$(setpriv --reuid 65534 --regid 65534 --clear-groups /etc/libvirt/hooks/qemu win10 prepare begin - </tmp/vm.xml 2>&1 || unshare --user --map-user=1000 /etc/libvirt/hooks/qemu win10 prepare begin - </tmp/vm.xml 2>&1; echo $?)"
    same "and the host is as before" "$boot" "$(state)"

    # The environment.
    env -i LD_LIBRARY_PATH=/nowhere XML_CATALOG_FILES=/nowhere HOSTDEVCTL_DEBUG=1 TMPDIR=/nowhere \
        LC_ALL=xx_XX POSIXLY_CORRECT=1 MODPROBE_OPTIONS=-r TZ=../../../etc/passwd \
        /etc/libvirt/hooks/qemu win10 prepare begin - </tmp/vm.xml
    same "an odd environment changes nothing" "0 vfio-pci" "$? $(driver_of 0000:01:00.0)"
    hook win10 release end </tmp/vm.xml
    same "nor on the way back" "$boot" "$(state)"
}

on_no_iommu() {
    vm "$(state | awk '$2 == "nvme" || $2 == "e1000e" { print $1; exit }')"
    mentions "no IOMMU" "is in no IOMMU group, so no VM can have it: turn on VT-d or AMD-Vi in the firmware setup, and on Intel add intel_iommu=on to the kernel line"
}

on_no_vfio() {
    vm "$(state | awk '$2 == "nvme" || $2 == "e1000e" { print $1; exit }')"
    mentions "no vfio-pci" "cannot be given to a VM: the running kernel has no vfio-pci, neither built in nor as a module"
}

on_variant() {
    vm 0000:42:00.0
    sed -i "s|<driver name='vfio'/>|<driver name='vfio' model='nosuch_vfio_pci'/>|" /tmp/vm.xml
    mentions "no such model" "cannot be given to driver nosuch_vfio_pci: the running kernel has no such driver. Correct <driver model=...> in the VM's XML, or install the driver"
}

"on_${MACHINE//-/_}"
plan_done
