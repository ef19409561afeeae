# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine that every emulated host is.
#
# HOST_ACCEL=kvm uses hardware virtualization: much faster, but /dev/kvm is not everywhere what it
# seems.

# What makes booting quicker where every instruction is emulated, among what any host needs.
# shellcheck disable=SC2034
kernel_line=(
    rw console=ttyS0 intel_iommu=on iommu=pt panic=-1
    loglevel=5 mitigations=off 8250.nr_uarts=2 systemd.show_status=no
)

# emulate CONSOLE ARGUMENT...: becomes QEMU with these further arguments. The machine's console goes to
# the file CONSOLE, its second serial line to stdout.
emulate() {
    # Without AVX, which the C library would use and emulation is slow at.
    local console=$1 machine=q35 processor=Nehalem accel=tcg,thread=multi
    shift
    if [ "${HOST_ACCEL:-tcg}" = kvm ]; then
        machine=q35,kernel-irqchip=split processor=host accel=kvm
    fi
    exec qemu-system-x86_64 -machine "$machine" -accel "$accel" -cpu "$processor" \
        -nodefaults -no-user-config -nic none -display none -no-reboot \
        -device intel-iommu,intremap=on,caching-mode=on \
        -serial "file:$console" -serial stdio "$@" < /dev/null
}

# emulator_failed STATUS CONSOLE: says so of a QEMU that ended with STATUS.
#
# Emulating several processors, QEMU 7.2 crashes now and then, seen when a host boots: in
# memory_region_dispatch_write(), when one processor changes the memory map under another. And Linux
# patches its own code while it runs, for instance when cpusets come into use; seen once in a while, an
# emulated processor runs into the mark for "being patched" (int3) when that is over, which a real one
# cannot. That says nothing about what is tested here.
emulator_failed() {
    [ "$1" -gt 128 ] || grep -a -q 'Oops: int3: ' "$2"
}
