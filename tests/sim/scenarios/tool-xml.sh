#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl xml: devices as libvirt wants them, and those refused that no VM can have.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine desktop twins vfs no-iommu busy

check 'the machine has names' hwdb 10DE='NV--IDIA <&>'

# xml STATUS SENTENCE EXPECTED ARGUMENT...: see tool.
xml() { tool "${@:1:3}" xml "${@:4}"; }

addresses() {
    hostdevctl xml "$@" 2>/dev/null |
        sed -n "s/^    <address .*bus='0x\(..\)' slot='0x\(..\)' function='0x\(.\)'.*/\1:\2.\3/p" | xargs
}

# Several elements are no document, and each of them is one.
well_formed() {
    { echo '<devices>' && hostdevctl xml "$@" 2>/dev/null && echo '</devices>'; } | xmllint --noout -
}

case $MACHINE in
desktop)
    xml 0 'a device, and of what has to go along with it is told' \
        "<!-- 0000:03:00.0 (NV- -IDIA <&> device) -->
<hostdev mode='subsystem' type='pci' managed='yes'>
  <source>
    <address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>
  </source>
</hostdev>
hostdevctl: warning: 0000:03:00.1 (NV--IDIA <&> device) is in the same IOMMU group, 10, and on driver snd_hda_intel of the host: it has to go along (hostdevctl xml --group), or have no driver" \
        03:00.0
    same 'in full or short, an address is the same' "$(hostdevctl xml 03:00.0 2>&1)" \
        "$(hostdevctl xml 0000:03:00.0 2>&1)"
    contains 'it may be managed by the admin' "managed='no'" "$(hostdevctl xml --managed no 03:00.0 2>&1)"
    same 'with its slot' '03:00.0 03:00.1' "$(addresses --slot 03:00.1)"
    same 'and then nothing has to be told' '' "$(hostdevctl xml --slot 03:00.1 2>&1 >/dev/null)"
    contains 'how the slot is kept together is said' \
        "     <address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0' multifunction='on'/>
     <address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x1'/>
-->" "$(hostdevctl xml --slot 03:00.1)"
    same 'with its group, but not the root port that is in it' '01:00.0 01:00.1' \
        "$(addresses --group 01:00.0)"
    same 'of a group with an ISA bridge all but that' '00:1f.2 00:1f.3 00:1f.4' \
        "$(addresses --group 00:1f.3)"
    same 'each is printed once' '03:00.0 03:00.1' "$(addresses 03:00.0 --slot 03:00.1 03:00.0)"
    check 'all of it is XML' well_formed --slot --group 01:00.0 03:00.0
    xml 1 'a root port is refused' \
        'hostdevctl: 0000:00:01.0 (8086:1901) cannot be given to a VM: it is a bridge, which stays with the host' \
        00:01.0
    xml 1 'of several some of which are refused none is printed, and all that is wrong is said' \
        'hostdevctl: 0000:00:01.0 (8086:1901) cannot be given to a VM: it is a bridge, which stays with the host
hostdevctl: there is no device at 0000:09:00.0: hostdevctl list tells what there is' 03:00.0 00:01.0 09:00.0
    xml 1 'what is no virtual function is no interface' \
        'hostdevctl: 0000:00:1f.6 (8086:15b8) cannot be an <interface>: it is no virtual function of a network card. Leave --interface out' \
        --interface 00:1f.6
    for command in '' '--managed maybe 03:00.0' '03:00.0 --managed' '--nonsense 03:00.0' '03'; do
        # shellcheck disable=SC2086
        hostdevctl xml $command >/tmp/stdout 2>/tmp/stderr
        same "'hostdevctl xml $command' is wrong usage" '2 0' "$? $(wc -c </tmp/stdout)"
        check "and that is said of '$command'" test -s /tmp/stderr
    done
    ;;
twins)
    xml 0 'one of three twins, and nothing is in its way' \
        "<!-- 0000:06:00.0 (144d:a80a) -->
<hostdev mode='subsystem' type='pci' managed='yes'>
  <source>
    <address domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>
  </source>
</hostdev>" 06:00.0
    ;;
vfs | no-iommu)
    if [ "$MACHINE" = vfs ]; then device=0000:41:00.2 id=15b3:101e; else device=0000:01:00.0 id=144d:a80a; fi
    xml 1 'what has no IOMMU group is refused' \
        "hostdevctl: $device ($id) cannot be given to a VM: it has no IOMMU group. Switch the IOMMU (VT-d, AMD-Vi) on, in the firmware and on the kernel line" \
        $device
    ;;
busy)
    xml 0 'a virtual function of a network card as an interface' \
        "<!-- 0000:0a:10.0 (8086:10ed) -->
<interface type='hostdev' managed='yes'>
  <source>
    <address type='pci' domain='0x0000' bus='0x0a' slot='0x10' function='0x0'/>
  </source>
</interface>" --interface 0a:10.0
    contains 'or as any other device' '<hostdev ' "$(hostdevctl xml 0a:10.0)"
    xml 1 'its physical function is no interface' \
        'hostdevctl: 0000:0a:00.0 (8086:10d3) cannot be an <interface>: it is no virtual function of a network card. Leave --interface out' \
        --interface 0a:00.0
    ;;
esac
plan_done
