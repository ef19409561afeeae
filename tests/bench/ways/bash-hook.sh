#!/bin/bash
# A qemu hook as the guides for PCI passthrough have their readers write it:
#
#     bash-hook.sh HOW NAME OPERATION SUBOPERATION EXTRA < XML
#
# HOW it comes to know the devices: `listed` in the script by hand; `once`, one xmllint that prints
# all addresses; `each`, one xmllint for each value, the form of the guides
# (xmllint --xpath 'string(...)'); `nodedev`, listed by hand, and a program is called for each.

how=$1
domain=$2
operation=$3
listed="0001:00:00.0 0001:00:01.0 0001:00:02.0 0001:00:03.0
        0001:00:04.0 0001:00:05.0 0001:00:06.0 0001:00:07.0"

once() {
    local name value
    xmllint --xpath '/domain/devices/hostdev[@type="pci"]/source/address/@*' - |
        while IFS=' "' read -r name value _; do
            case $name in
            domain= | bus=) printf '%s:' "${value#0x}" ;;
            slot=) printf '%s.' "${value#0x}" ;;
            function=) printf '%s\n' "${value#0x}" ;;
            esac
        done
}

each() {
    local xml i count domain bus slot function
    xml=$(cat)
    value() {
        xmllint --xpath "$1" - <<<"$xml"
    }
    count=$(value 'count(/domain/devices/hostdev[@type="pci"])')
    for ((i = 1; i <= count; i++)); do
        domain=$(value "string(/domain/devices/hostdev[@type='pci'][$i]/source/address/@domain)")
        bus=$(value "string(/domain/devices/hostdev[@type='pci'][$i]/source/address/@bus)")
        slot=$(value "string(/domain/devices/hostdev[@type='pci'][$i]/source/address/@slot)")
        function=$(value "string(/domain/devices/hostdev[@type='pci'][$i]/source/address/@function)")
        echo "${domain#0x}:${bus#0x}:${slot#0x}.${function#0x}"
    done
}

detach() {
    echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
    echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
    echo "$1" >/sys/bus/pci/drivers_probe
}

reattach() {
    echo >"/sys/bus/pci/devices/$1/driver_override"
    echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
    echo "$1" >/sys/bus/pci/drivers_probe
}

case $how in
once) devices=$(once) ;;
each) devices=$(each) ;;
*) devices=$listed ;;
esac

for device in $devices; do
    case $how/$domain/$operation in
    nodedev/vm/prepare) "${0%/*}/nodedev.sh" nodedev-detach "$device" ;;
    nodedev/vm/release) "${0%/*}/nodedev.sh" nodedev-reattach "$device" ;;
    */vm/prepare) detach "$device" ;;
    */vm/release) reattach "$device" ;;
    esac
done
