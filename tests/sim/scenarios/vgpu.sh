#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# NVIDIA's vGPUs without mdev: a virtual function becomes a vGPU while its VM runs, and stays on
# NVIDIA's driver all the time.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2086
. "$(dirname "$0")/../lib.sh"
machine vgpu

UUID=11111111-2222-3333-4444-555555555555
vf=0000:41:00.4 drive=0000:87:00.0
vf_name="$vf (NVIDIA AD102GL [L40S], driver nvidia)"
boot=$(state)

vgpu_of() { cat "/sys/bus/pci/devices/$1/nvidia/current_vgpu_type"; }

wants() {
    conf domains/win10.conf <<<"[device $vf]
vgpu-type = $1"
}

# refused SENTENCE MESSAGE
refused() {
    hook win10 prepare begin </tmp/vm.xml
    same "$1: exit 1" 1 "$hook_status"
    same "$1: the message" "hostdevctl: $2" "$hook_stderr"
    same "$1: the host is untouched" "$boot" "$(state)"
}

domain_xml win10 $UUID $vf:no $drive >/tmp/vm.xml
wants 557
control clear-log
check "a VM with a vGPU and a drive starts" start_vm /tmp/vm.xml win10
same "the function is a vGPU" 557 "$(vgpu_of $vf)"
same "on its own driver" nvidia "$(driver_of $vf)"
same "the drive is on vfio-pci" vfio-pci "$(driver_of $drive)"
domain_xml other 11111111-2222-3333-4444-666666666666 $vf:no >/tmp/other.xml
hook other prepare begin </tmp/other.xml
contains "another VM is told who has it" "is in use by VM win10" "$hook_stderr"
stop_vm /tmp/vm.xml win10
same "release" "0 " "$hook_status $hook_stderr"
same "the host is as it was" "$boot" "$(state)"
same "nothing but the type was written to it" \
    "write $vf/nvidia/current_vgpu_type \"557\"
write $vf/nvidia/current_vgpu_type \"0\"" "$(journal | grep $vf)"

conf hostdevctl.conf <<<"[devices]
detach = none"
check "it needs no detach" start_vm /tmp/vm.xml win10
same "the function is a vGPU" "557 nvme" "$(vgpu_of $vf) $(driver_of $drive)"
stop_vm /tmp/vm.xml win10
same "the host is as it was" "$boot" "$(state)"
rm /etc/hostdevctl/hostdevctl.conf

# What is so already.
echo 558 >/sys/bus/pci/devices/$vf/nvidia/current_vgpu_type
boot=$(state)
wants 558
check "a function that is the right vGPU already is used" start_vm /tmp/vm.xml win10
stop_vm /tmp/vm.xml win10
same "and stays one" "$boot" "$(state)"
wants 557
refused "another type" \
    "$vf_name is a vGPU of type 558 already, not of type 557: somebody else uses it, or left it so (then write 0 to its nvidia/current_vgpu_type)"
echo 0 >/sys/bus/pci/devices/$vf/nvidia/current_vgpu_type
boot=$(state)

# What cannot be.
wants 99
refused "a type that it cannot become" "$vf_name cannot become a vGPU of type 99 now; what it can become:
$(cat /sys/bus/pci/devices/$vf/nvidia/creatable_vgpu_types)"
wants many
refused "a type that is no number" \
    "/etc/hostdevctl/domains/win10.conf:2: vgpu-type = many: expected a number out of nvidia/creatable_vgpu_types in the device's directory in /sys, e.g. 557"
conf domains/win10.conf <<<"[device $drive]
vgpu-type = 557"
domain_xml win10 $UUID $vf:no $drive:no >/tmp/vm.xml
hook win10 prepare begin </tmp/vm.xml
contains "a device that is no such function: the message" \
    ", driver nvme) cannot become a vGPU (it has no nvidia/current_vgpu_type): vgpu-type is for virtual functions of NVIDIA GPUs on NVIDIA's vGPU driver, with kernel 6.8 or later" \
    "$hook_stderr"
wants 557
domain_xml win10 $UUID $vf:yes >/tmp/vm.xml
refused "a function that libvirt manages" \
    "$vf_name has a vgpu-type and managed='yes', with which libvirt would take it from NVIDIA's driver: set managed='no' in the VM's XML"
domain_xml win10 $UUID $vf:no $drive >/tmp/vm.xml
daemon_kill
LIBVIRT=9.0.0
refused "an old libvirt" \
    "$vf_name has a vgpu-type, and libvirt 9.0 cannot give a device to a VM that stays on its vendor's driver: that needs libvirt 10 or later"
daemon_kill
LIBVIRT=11.3.0

# What goes wrong.
control "fail vgpu $vf EIO"
check_fails "the driver refuses: no start" start_vm /tmp/vm.xml win10
contains "the message" "$vf cannot become a vGPU of type 557: Input/output error" "$hook_stderr"
same "the host is as it was" "$boot" "$(state)"
control reset
start_vm /tmp/vm.xml win10
daemon_kill
check "after a crash of libvirtd the VM can be started again" start_vm /tmp/vm.xml win10
echo 0 >/sys/bus/pci/devices/$vf/nvidia/current_vgpu_type
echo 558 >/sys/bus/pci/devices/$vf/nvidia/current_vgpu_type
stop_vm /tmp/vm.xml win10
same "changed by hand meanwhile: it is left" 558 "$(vgpu_of $vf)"
echo 0 >/sys/bus/pci/devices/$vf/nvidia/current_vgpu_type
conf hostdevctl.conf <<<"[devices]
timeout = 3"
control "hang vgpu $vf"
check_fails "the driver hangs: no start" start_vm /tmp/vm.xml win10
contains "the message" "creating a vGPU of type 557 on $vf did not end in time" "$hook_stderr"
check_fails "it still hangs: no start" start_vm /tmp/vm.xml win10
contains "the message names it" "$vf" "$hook_stderr"
control "release $vf" reset
check "it goes on: the VM starts" wait_until start_vm /tmp/vm.xml win10
stop_vm /tmp/vm.xml win10
same "the host is as it was" "$boot" "$(state)"
same "no journal is left" "" "$(ls -A /run/hostdevctl)"
plan_done
