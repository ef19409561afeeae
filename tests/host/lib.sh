# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What every scenario on an emulated host uses: the hardware's addresses, VMs, conditions, TAP.
set -euo pipefail

# The hardware that boot.sh builds. The scenarios name it.
# shellcheck disable=SC2034
{
    drive0=0000:01:00.0 drive1=0000:02:00.0 drive2=0000:03:00.0
    drive3=0000:04:00.0 drive4=0000:05:00.0 drive5=0000:06:00.0
    nic0=0000:07:00.0 nic0_twin=0000:07:00.1 nic1=0000:08:00.0
    driverless=0000:00:1d.0 gvt=0000:00:02.0
}
pci=/sys/bus/pci/devices
mdev=/sys/bus/mdev/devices
hook=/etc/libvirt/hooks/qemu
scratch=/run/emulated-host

mkdir -p "$scratch"

# shellcheck source=tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

# --- devices ---

# The driver of a device, or "-".
driver_of() {
    local link
    link=$(readlink "$pci/$1/driver") || link=-
    echo "${link##*/}"
}

has_driver() {
    local driver
    driver=$(driver_of "$1")
    echo "$1 has driver $driver"
    [ "$driver" = "$2" ]
}

override_of() {
    cat "$pci/$1/driver_override"
}

# The IOMMU group of a PCI device, or of the mdev with that UUID.
group_of() {
    local link
    link=$(readlink "$pci/$1/iommu_group" || readlink "$mdev/$1/iommu_group") || link=-
    echo "${link##*/}"
}

# All that must be the same after a VM's life as before it. Few processes: here each costs a while.
snapshot() {
    find "$pci"/*/ -maxdepth 1 \( -name driver -o -name iommu_group \) -printf '%p is %l\n' |
        sed "s|^$pci/||; s|is .*/|is |"
    grep '' "$pci"/*/driver_override | sed "s|^$pci/||; s|:\([^:]*\)$| is \1|"
    # An instance on its way out is not in the bus's list any more, but still under its parent.
    find /sys/bus/mdev/devices "$pci/$gvt/" -maxdepth 1 -name '*-*-*-*-*' 2> /dev/null
    find /run -path '/run/hostdevctl/*' -printf 'left behind: %p\n'
    cpu_snapshot
}

# What VMs share of CPUs and memory. Drivers that come and go take other interrupts each time.
cpu_snapshot() {
    local irq actions
    systemctl show --property Id,AllowedCPUs init.scope system.slice user.slice machine.slice | xargs -n 2
    # A group that names all CPUs is as one that names none, which old kernels do not let it be again.
    grep -s . /sys/fs/cgroup/*/cpuset.cpus | grep -v ":$(< /sys/devices/system/cpu/online)\$" || true
    find /run/systemd/system.control /run/systemd/transient -name '*CPU*' 2> /dev/null || true
    grep '' /sys/devices/virtual/workqueue/cpumask /proc/irq/default_smp_affinity \
        /sys/devices/system/node/node*/hugepages/*/nr_hugepages \
        /sys/devices/system/cpu/cpu*/power/pm_qos_resume_latency_us
    for irq in /sys/kernel/irq/*; do
        read -r actions < "$irq/actions" || continue
        case $actions in
        '' | nvme* | enp* | eth* | vfio*) ;;
        *) echo "$actions: $(< "/proc/irq/${irq##*/}/smp_affinity_list")" ;;
        esac
    done 2> /dev/null
}

# Succeeds if the process $1 has the VFIO group of device $2 (or of the mdev with that UUID) open.
holds() {
    local group
    group=$(group_of "$2")
    if ! find "/proc/$1/fd" -lname "/dev/vfio/$group" | grep .; then
        echo "process $1 does not have /dev/vfio/$group open"
        return 1
    fi
}

# give_by_hand ADDRESS DRIVER: as an admin would without any tool, override and all.
give_by_hand() {
    echo "$2" > "$pci/$1/driver_override"
    if [ -e "$pci/$1/driver" ]; then
        echo "$1" > "$pci/$1/driver/unbind"
    fi
    echo "$1" > /sys/bus/pci/drivers_probe
    has_driver "$1" "$2"
}

# Its disk comes a moment after its driver: the driver looks for namespaces in the background.
has_disk() {
    compgen -G "$pci/$1/nvme/nvme*/nvme*n*"
}

# The disk of an NVMe drive.
disk_of() {
    local disk
    wait_for has_disk "$1" >&2 || return
    for disk in "$pci/$1"/nvme/nvme*/nvme*n*; do echo "${disk##*/}"; done
}

# keep_locked ADDRESS: keeps, until $keeper is killed, the lock that the hook takes on a device before
# it works on it, and waits for.
keep_locked() {
    (
        flock 9
        exec sleep 600
    ) 9> "$pci/$1/remove" &
    # shellcheck disable=SC2034
    keeper=$!
    wait_for is_locked "$1"
}

is_locked() {
    fails flock --nonblock 9 9> "$pci/$1/remove"
}

# --- devices that are reserved from boot on ---

# shellcheck disable=SC2034
early=/usr/lib/udev/hostdevctl-early

# reserve LINE...: all that early.d says.
reserve() {
    printf '%s\n' "$@" > /etc/hostdevctl/early.d/scenario.conf
}

# As if it had never been.
unreserve() {
    rm -f /etc/hostdevctl/early.d/scenario.conf /run/udev/rules.d/61-hostdevctl.rules
}

# give_back_by_hand ADDRESS DRIVER: and the override is unset.
give_back_by_hand() {
    give_by_hand "$1" "$2"
    echo > "$pci/$1/driver_override"
}

# --- mediated devices ---

# The UUID in the document that all this began with.
# shellcheck disable=SC2034
uuid=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
misbehave=/sys/module/kvmgt/parameters

# The host gets its graphics card: $gvt is on a driver i915, as on a real host from boot on. It has
# types of mediated devices as soon as somebody loads kvmgt. Both are stand-ins of ours.
plug_gpu() {
    plug_gpu_with enable_gvt=1
}

# plug_gpu_with PARAMETER=VALUE: as with i915.PARAMETER=VALUE on the kernel line.
plug_gpu_with() {
    if ! [ -e "$scratch/updates" ]; then
        cp -r /mnt/build/updates/. "/lib/modules/$(uname -r)/"
        touch "$scratch/updates"
    fi
    modprobe i915 "$1"
    has_driver "$gvt" i915 > "$scratch/plugged"
}

# misbehaves PARAMETER VALUE: from now on; see modules/kvmgt.c. Loads it if nobody has.
misbehaves() {
    [ -e "$misbehave" ] || modprobe kvmgt
    echo "$2" > "$misbehave/$1"
}

pull_gpu() {
    if [ -e "$misbehave" ]; then
        echo 0 | tee "$misbehave"/{stall_create,stall_remove,fail_create} > /dev/null
        # It takes instances along.
        wait_for rmmod kvmgt
    fi
    [ ! -e /sys/module/i915 ] || rmmod i915
}

# available TYPE: how many more instances there can be.
available() {
    cat "$pci/$gvt/mdev_supported_types/i915-GVTg_$1/available_instances"
}

mdev_exists() {
    [ -e "$mdev/$1" ] || [ -e "$pci/$gvt/$1" ]
}

mdev_type() {
    local link
    link=$(readlink "$mdev/$1/mdev_type") || link=-
    echo "${link##*/}"
}

# create_by_hand UUID TYPE
create_by_hand() {
    echo "$1" > "$pci/$gvt/mdev_supported_types/i915-GVTg_$2/create"
}

remove_by_hand() {
    echo 1 > "$mdev/$1/remove"
}

# Every instance there is, on one line.
mdevs() {
    find "$mdev" "$pci/$gvt/" -maxdepth 1 -name '*-*-*-*-*' -printf '%f\n' 2> /dev/null | sort -u | xargs
}

# mdev_xml UUID [ATTRIBUTE...]: as libvirt's <hostdev>.
mdev_xml() {
    local uuid=$1
    shift
    echo "<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' $*>
            <source><address uuid='$uuid'/></source>
          </hostdev>"
}

# configure NAME LINE...: the file of the VM.
configure() {
    local name=$1
    shift
    printf '%s\n' "$@" > "/etc/hostdevctl/domains/$name.conf"
}

# configure_mdev NAME [UUID [TYPE]]: the file of the VM says where its mdev comes from.
configure_mdev() {
    configure "$1" "[mdev ${2:-$uuid}]" "parent = $gvt" "type = i915-GVTg_${3:-V5_4}"
}

# --- VMs ---

# "0000:01:00.0" as libvirt's <address>.
address_xml() {
    local domain bus slot
    IFS=: read -r domain bus slot <<< "$1"
    echo "<address domain='0x$domain' bus='0x$bus' slot='0x${slot%.*}' function='0x${slot#*.}'/>"
}

# hostdev ADDRESS MANAGED
hostdev() {
    echo "<hostdev mode='subsystem' type='pci' managed='$2'>
            <source>$(address_xml "$1")</source>
          </hostdev>"
}

# A drive's first namespace as a disk, on QEMU's own NVMe driver.
nvme_disk() {
    echo "<disk type='nvme' device='disk'>
            <driver name='qemu' type='raw'/>
            <source type='pci' managed='$2' namespace='1'>$(address_xml "$1")</source>
            <target dev='vda' bus='virtio'/>
          </disk>"
}

# Composing AppArmor's profile of a VM takes longer than all the rest of its start here. A scenario
# about something else goes without; the ones that want it say: label=
label="<seclabel type='none' model='apparmor'/>"

# What a scenario may want otherwise, or in its VMs next to the devices.
memory="<memory unit='MiB'>64</memory>"
extra=

# The VM $1 with the given devices. It has no disk to boot from: its firmware runs, and that is
# enough for QEMU to own what it was given.
domain_xml() {
    local name=$1
    shift
    echo "<domain type='qemu'>
            <name>$name</name>
            $memory
            <os><type arch='x86_64' machine='q35'>hvm</type></os>
            <devices>
              <emulator>/usr/bin/qemu-system-x86_64</emulator>
              <controller type='usb' model='none'/>
              <memballoon model='none'/>
              $*
            </devices>
            $label
            $extra
          </domain>"
}

# define NAME DEVICE-XML...
define() {
    domain_xml "$@" > "$scratch/$1.xml"
    virsh --quiet define "$scratch/$1.xml"
}

# start NAME: what virsh says goes into $said, too.
start() {
    local status=0
    said=$(virsh --quiet start "$1" 2>&1) || status=$?
    echo "$said"
    return $status
}

# The same, and it must not: the VM is refused.
is_refused() {
    fails start "$1"
}

# The hook called as libvirt would, where libvirt itself would be too slow or too careful. What the
# hook says goes into $said, too.
#     prepare NAME DEVICE-XML...
prepare() {
    domain_xml "$@" | sed 's|<name>|<uuid>aaaaaaaa-0000-4000-8000-000000000001</uuid><name>|' > "$scratch/$1.xml"
    call_hook "$1" prepare begin
}

release() {
    call_hook "$1" release end
}

call_hook() {
    local status=0
    said=$("$hook" "$1" "$2" "$3" - < "$scratch/$1.xml" 2>&1) || status=$?
    echo "$said"
    return $status
}

# takes_at_most SECONDS COMMAND...: and COMMAND's own status is not asked for.
takes_at_most() {
    local limit=$1 begun=$SECONDS
    shift
    "$@" || true
    echo "it took $((SECONDS - begun)) s"
    [ $((SECONDS - begun)) -le "$limit" ]
}

destroy() {
    virsh --quiet destroy "$1" 2>&1
}

is_running() {
    [ "$(virsh domstate "$1" 2>&1 | head -n 1)" = running ]
}

is_off() {
    [ "$(virsh domstate "$1" 2>&1 | head -n 1)" = 'shut off' ]
}

# The process of a running VM.
qemu_of() {
    cat "/run/libvirt/qemu/$1.pid"
}

is_gone() {
    ! [ -e "/proc/$1" ]
}

libvirtd_pid() {
    systemctl show --value --property MainPID libvirtd.service
}

# Succeeds while libvirtd's hook runs for VM $1.
hook_runs() {
    pgrep -f "$hook $1 "
}

no_hook_runs() {
    ! pgrep -f "$hook "
}

# --- CPUs ---

# cpus_of ID: the CPUs that a process or thread may run on.
cpus_of() {
    sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$1/status"
}

# The threads of a VM's QEMU and their CPUs, a line for each kind: "CPU 0/TCG 4", the emulator's are
# one.
threads_of() {
    local emulator
    emulator=$(qemu_of "$1")
    sed -n 's/^Name:\t//p; s/^Cpus_allowed_list:\t//p' "/proc/$emulator"/task/*/status |
        paste -d ' ' - - |
        sed 's/^\(call_rcu\|qemu-system-x86\|worker\|vnc_worker\|IO mon_iothread\) /emulator /; s|/[TK][CV][GM] | |' |
        sort -u
}

# allowed UNIT: its AllowedCPUs as systemd says, and as its control group really has them.
allowed() {
    local said group=/sys/fs/cgroup/$1
    said=$(systemctl show --value --property AllowedCPUs "$1")
    said=${said// /,}
    echo "${said:-all} $(< "$group/cpuset.cpus.effective")"
}

# What all of the host's groups may use, of machine.slice too.
all_allowed() {
    local unit
    for unit in init.scope system.slice user.slice machine.slice; do
        echo "$unit $(allowed "$unit")"
    done
}

# seen_on PID SECONDS: the CPUs that it runs on, looked at ten times a second.
seen_on() {
    local end=$((SECONDS + $2)) stat
    while [ $SECONDS -lt $end ]; do
        stat=$(< "/proc/$1/stat")
        # The 39th word; the 2nd may hold blanks.
        read -r -a stat <<< "${stat##*) }"
        echo "${stat[36]}"
        sleep 0.1
    done | sort -nu | xargs
}

# The CPUs of the interrupt with these actions.
irq_cpus() {
    local file
    file=$(grep -lx "$1" /sys/kernel/irq/*/actions | head -n 1)
    file=${file%/actions}
    cat "/proc/irq/${file##*/}/smp_affinity_list"
}

# smp VCPUS [XML]: the vCPUs of the VMs defined from now on, two threads a core, and what else.
smp() {
    extra="<vcpu placement='static'>$1</vcpu>
           <cpu><topology sockets='1' cores='$(($1 / 2))' threads='2'/></cpu>
           ${2:-}"
}

# configure_cpus NAME LINE...: of its section [cpu].
configure_cpus() {
    local name=$1
    shift
    configure "$name" '[cpu]' "$@"
}

# Whatever a scenario left, so that the next one starts on the host as it was.
clean_up() {
    local vm
    systemctl start libvirtd.service
    for vm in $(virsh list --all --name); do
        virsh destroy "$vm" > /dev/null 2>&1 || true
        virsh undefine "$vm" > /dev/null 2>&1 || true
    done
    unreserve
    rm -rf /etc/hostdevctl/domains/*.conf /etc/mdevctl.d/"$gvt" /etc/mdevctl.d/scripts.d/callouts/*
    pull_gpu
}
