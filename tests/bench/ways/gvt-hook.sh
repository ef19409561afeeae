#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A qemu hook as the guides for GVT-g have their readers write it: parent, type and VM are written
# into the script.
#
#     gvt-hook.sh HOW NAME OPERATION SUBOPERATION EXTRA < XML
#
# HOW it comes to know the UUIDs: `listed`, they are in the script as well; `string`, an xmllint
# takes the only one from the XML, as a comment in such a guide suggests; `all`, an xmllint takes
# all there are.

how=$1
shift
pci=0000:00:02.0
type=i915-GVTg_V5_4
domain=win10
uuid=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
source='/domain/devices/hostdev[@type="mdev"]/source/address/@uuid'

case $how/$1 in
string/*) uuid=$(xmllint --xpath "string($source)" -) ;;
all/*)
    uuid=$(xmllint --xpath "$source" -)
    uuid=${uuid//uuid=/}
    uuid=${uuid//\"/}
    ;;
listed/eight)
    uuid="db10f5f6-0546-4c1c-96c7-1ffe204ae6c0 db10f5f6-0546-4c1c-96c7-1ffe204ae6c1
          db10f5f6-0546-4c1c-96c7-1ffe204ae6c2 db10f5f6-0546-4c1c-96c7-1ffe204ae6c3
          db10f5f6-0546-4c1c-96c7-1ffe204ae6c4 db10f5f6-0546-4c1c-96c7-1ffe204ae6c5
          db10f5f6-0546-4c1c-96c7-1ffe204ae6c6 db10f5f6-0546-4c1c-96c7-1ffe204ae6c7"
    ;;
esac
if [ "$1" = eight ]; then
    domain=eight
    type=i915-GVTg_V5_8
fi

if [ $# -ge 3 ]; then
    if [ "$1" = $domain ] && [ "$2" = prepare ] && [ "$3" = begin ]; then
        for one in $uuid; do
            echo "$one" >"/sys/bus/pci/devices/$pci/mdev_supported_types/$type/create"
        done
    elif [ "$1" = $domain ] && [ "$2" = release ] && [ "$3" = end ]; then
        for one in $uuid; do
            echo 1 >"/sys/bus/pci/devices/$pci/$one/remove"
        done
    fi
fi
