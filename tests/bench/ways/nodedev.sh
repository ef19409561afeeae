#!/bin/bash
# Stands in for `virsh nodedev-detach` and `virsh nodedev-reattach`: a process for each device, that
# does what libvirtd would do for it. It is less than the real thing, which links libvirt, connects
# to the daemon, and has it work.

device=/sys/bus/pci/devices/$2
case $1 in
nodedev-detach) echo vfio-pci >"$device/driver_override" ;;
nodedev-reattach) echo >"$device/driver_override" ;;
esac
echo "$2" >"$device/driver/unbind"
echo "$2" >/sys/bus/pci/drivers_probe
