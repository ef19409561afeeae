#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl list: what there is, and who holds it, as a table, a tree, for scripts, and drawn.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine desktop twins vfs no-iommu busy dl360 many:500

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce

check 'the machine has names' \
    hwdb 10DE='NVIDIA Corporation' 10DE:13C2='GM204 <GeForce & "GTX" 970>' \
    144D='Samsung Electronics Co Ltd' 144D:A804='NVMe SSD Controller SM961/PM961/SM963 (SM963 2.5" NVMe PCIe SSD)'

# list SENTENCE EXPECTED ARGUMENT...: see tool.
list() { tool 0 "${@:1:2}" list "${@:3}"; }

# The devices of a list, on one line.
devices() {
    hostdevctl list "$@" | grep -o '[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]\.[0-7] ' | xargs
}

# json KEY DEVICE: the value, without blanks.
json() {
    hostdevctl list --json "$2" | tr -d '\n ' | sed "s/.*\"$1\":\(\[[^]]*\]\|[^,}]*\).*/\1/"
}

# A picture is XML, and names each device there is.
drawn() {
    local address
    hostdevctl list --svg /tmp/host.svg && xmllint --noout /tmp/host.svg || return
    for address in "$PCI"/devices/*; do
        grep -q "<title>${address##*/} " /tmp/host.svg || return
    done
}

as_user() {
    setpriv --reuid 1000 --regid 1000 --clear-groups -- "$@"
}

check 'it is drawn, with every device' drawn
boot=$(state)

case $MACHINE in
desktop)
    domain_xml 'a&lt;b&amp;"' $UUID 0000:01:00.0 0000:01:00.1 >/tmp/vm.xml
    check 'a VM starts' start_vm /tmp/vm.xml 'a<b&"'
    list 'the table is by IOMMU group, and tells of the VM' \
        'GROUP  DEVICE   NAME                                ID         DRIVER         HELD BY   FLAGS
0      00:00.0  -                                   8086:191f  -              host      bridge
1      00:01.0  -                                   8086:1901  pcieport       host      bridge
       01:00.0  NVIDIA GM204 <GeForce & "GTX" 970>  10de:13c2  vfio-pci       VM a<b&"  no reset
       01:00.1  NVIDIA device                       10de:0fbb  vfio-pci       VM a<b&"  no reset
2      00:02.0  -                                   8086:1912  i915           host      boot display, no reset
3      00:14.0  -                                   8086:a12f  xhci_hcd       free      no reset
4      00:16.0  -                                   8086:a13a  mei_me         free      no reset
5      00:17.0  -                                   8086:a102  ahci           free      no reset
6      00:1c.0  -                                   8086:a110  pcieport       host      bridge
7      00:1d.0  -                                   8086:a118  pcieport       host      bridge
8      00:1f.0  -                                   8086:a145  -              host      bridge
       00:1f.2  -                                   8086:a121  -              free      no reset
       00:1f.3  -                                   8086:a170  snd_hda_intel  free      no reset
       00:1f.4  -                                   8086:a123  i801_smbus     free      no reset
9      00:1f.6  -                                   8086:15b8  e1000e         free      no reset
10     03:00.0  NVIDIA device                       10de:104a  nouveau        free      no reset
       03:00.1  NVIDIA device                       10de:0e08  snd_hda_intel  free      no reset
11     04:00.0  Samsung ... SM961/PM961/SM963       144d:a804  nvme           free      no reset'
    list 'the tree has devices below their bridges' \
        'GROUP  DEVICE     NAME                                ID         DRIVER         HELD BY   FLAGS
1      00:01.0    -                                   8086:1901  pcieport       host      bridge
1        01:00.0  NVIDIA GM204 <GeForce & "GTX" 970>  10de:13c2  vfio-pci       VM a<b&"  no reset
1        01:00.1  NVIDIA device                       10de:0fbb  vfio-pci       VM a<b&"  no reset
6      00:1c.0    -                                   8086:a110  pcieport       host      bridge
10       03:00.0  NVIDIA device                       10de:104a  nouveau        free      no reset
10       03:00.1  NVIDIA device                       10de:0e08  snd_hda_intel  free      no reset
8      00:1f.3    -                                   8086:a170  snd_hda_intel  free      no reset' \
        --tree 01:00.0 01:00.1 03:00.0 03:00.1 00:1f.3
    same 'for scripts it is told as well' '"vm" "a<b&\"" "vfio-pci" "vfio-pci" 1' \
        "$(json owner 01:00.0) $(json holder 01:00.0) $(json driver 01:00.0) $(json override 01:00.0) $(json group 01:00.0)"
    check 'it is drawn, in the colour of the VM' drawn
    check 'which the legend has' grep -q '>VM a&lt;b&amp;&quot;<' /tmp/host.svg
    same 'a picture can go to standard output' "$(cat /tmp/host.svg)" "$(hostdevctl list --svg -)"
    check_fails 'where it cannot be written that is an error' hostdevctl list --svg /nowhere/host.svg
    same 'only what is of a class' '01:00.0 00:02.0 03:00.0' "$(devices --class gpu)"
    same 'a class may be a number' '01:00.0 00:02.0 03:00.0' "$(devices --class 0300)"
    same 'only what is in a group' '00:01.0 01:00.0 01:00.1' "$(devices --group 1)"
    same 'only what is free' '03:00.0' "$(devices --free --class gpu)"
    same 'only what is named' '04:00.0' "$(devices 04:00.0)"
    same 'a filter of the tree keeps the bridges above' '00:1d.0 04:00.0' "$(devices --tree --class nvme)"
    list 'where nothing is left that is said' 'No such device.' --class accelerator
    same 'and for scripts it is an empty list' '[]' "$(hostdevctl list --json --class accelerator | tr -d '\n ')"
    stop_vm /tmp/vm.xml 'a<b&"'
    contains 'an ordinary user is told what cannot be told' '?: only root can see' "$(as_user hostdevctl list)"
    same 'and is not told that it is free' 'null null' \
        "$(as_user hostdevctl list --json 04:00.0 | tr -d '\n ' | sed 's/.*"owner":\([^,]*\),"holder":\([^}]*\)}.*/\1 \2/')"
    for command in '--group' '--group x' '--class x' '--class 3' '--nonsense' '01' '--tree --json' '--json --svg x'; do
        # shellcheck disable=SC2086
        hostdevctl list $command >/tmp/stdout 2>/tmp/stderr
        same "'hostdevctl list $command' is wrong usage" '2 0' "$? $(wc -c </tmp/stdout)"
        check "and that is said of '$command'" test -s /tmp/stderr
    done
    same 'a device that is not there is an error' '1' "$(hostdevctl list 09:00.0 >/dev/null 2>&1; echo $?)"
    check 'the help fits a screen' awk 'length > 80 || NR > 24 { bad = 1 } END { exit bad || NR < 3 }' \
        <(hostdevctl list --help)
    control 'hang override-read 0000:04:00.0'
    begun=$(now)
    contains 'a device whose driver hangs is shown as such' 'driver does not answer' "$(hostdevctl list 04:00.0)"
    check 'and the tool does not hang' test $(($(now) - begun)) -lt 8000000
    same 'of the others all is told' '"nobody"' "$(json owner 03:00.0)"
    same 'for scripts, too' '"stuck"' "$(json owner 04:00.0)"
    control 'release 0000:04:00.0'
    ;;
twins)
    conf early.d/drive.conf <<<$'[device 0000:06:00.0]\nid = 144d:a80a'
    same 'what is reserved from boot on says so' 'true false' "$(json reserved 06:00.0) $(json reserved 05:00.0)"
    contains 'in the table it is a flag' early "$(hostdevctl list 06:00.0)"
    same 'without a driver it is free' '"nobody" null' "$(json owner 06:00.0) $(json driver 06:00.0)"
    same 'the numbers of virtual functions' '0 8' "$(json vfs 03:00.0) $(json vfs-possible 03:00.0)"
    ;;
vfs)
    list 'virtual functions, without an IOMMU' \
        'DEVICE   NAME  ID         DRIVER     HELD BY                                                 FLAGS
00:01.0  -     8086:1901  pcieport   host                                                    bridge
04:00.0  -     15b3:101d  mlx5_core  free                                                    0 of 16 VFs, no reset
41:00.0  -     15b3:101d  mlx5_core  host: it has virtual functions, which would go with it  2 of 4 VFs, no reset
41:00.2  -     15b3:101e  mlx5_core  free                                                    VF 0 of 41:00.0, no reset
41:00.3  -     15b3:101e  mlx5_core  free                                                    VF 1 of 41:00.0, no reset

No device has an IOMMU group: no VM can have one of them until the IOMMU (VT-d, AMD-Vi) is
switched on, in the firmware and on the kernel line; hostdevctl check tells more.'
    same 'a virtual function has a number, and its physical one' '1 "0000:41:00.0"' "$(json vf 41:00.3) $(json physfn 41:00.3)"
    ;;
no-iommu)
    contains 'that there is no IOMMU is said once' 'No device has an IOMMU group' "$(hostdevctl list)"
    same 'a group that is none is null' null "$(json group 01:00.0)"
    ;;
busy)
    exec 7</dev/urandom
    # Others have that file here, too; it is the first one's.
    same 'what the host does with its devices' \
        'GROUP DEVICE NAME ID DRIVER HELD BY FLAGS
2 01:00.0 Samsung Electronics device 144d:a80a nvme host: its disk nvme0n1 is part of volume vg-data no reset
4 03:00.0 NVIDIA GM204 <GeForce & "GTX" 970> 10de:13c2 nouveau host boot display, no reset
5 04:00.0 NVIDIA GM204 <GeForce & "GTX" 970> 10de:13c2 nouveau host: process PID (bash) has a device file of it open no reset
8 07:00.0 - 8086:a36d xhci_hcd host: the host'"'"'s only keyboard hangs on it no reset
10 09:00.0 - 1002:67df nouveau host: the console is on its framebuffer fb0 no reset
13 0b:00.0 Samsung Electronics device 144d:a80a nvme free no reset' \
        "$(hostdevctl list 01:00.0 03:00.0 04:00.0 07:00.0 09:00.0 0b:00.0 | tr -s ' ' | sed "s/process $$ /process PID /")"
    exec 7<&-
    same 'what nobody has open any more is free' '"nobody"' "$(json owner 04:00.0)"
    ;;
dl360)
    check 'the picture has both processors' test 2 = "$(grep -c '>NUMA node [01]<' /tmp/host.svg)"
    same 'a device knows its node and its root port' '1 "0000:80:02.0"' "$(json node 82:00.0) $(json root-port 82:00.0)"
    ;;
many:*)
    begun=$(now)
    same 'all of them are listed' 500 "$(hostdevctl list --json | grep -c '"device"')"
    check 'in seconds, on a simulated /sys' test $(($(now) - begun)) -lt 10000000
    ;;
esac
same 'nothing was touched' "$boot" "$(state)"
plan_done
