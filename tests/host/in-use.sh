# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# For scenarios about what the host uses; sourced after lib.sh.

# is_kept SENTENCE ADDRESS DRIVER WORD...: a VM with the device does not start, for a reason with these words.
is_kept() {
    local sentence=$1 device=$2 driver=$3
    shift 3
    virsh --quiet undefine win10 2> /dev/null || true
    define win10 "$(hostdev "$device" yes)"
    check "a VM with $sentence does not start" is_refused win10
    # start() sets it.
    # shellcheck disable=SC2154
    check 'the message tells why' says "$said" "$device" 'is in use by the host' "$@"
    same 'the device was not touched' "$driver (null)" "$(driver_of "$device") $(override_of "$device")"
}

# is_intact SENTENCE FILE SUM: what is on the disk itself.
is_intact() {
    sync "$2"
    echo 3 > /proc/sys/vm/drop_caches
    same "$1" "$3" "$(sha256sum < "$2")"
}

# force DEVICE...: as far as the file of the VM can.
force() {
    printf '[device %s]\nforce = in-use\n' "$@" > /etc/hostdevctl/domains/win10.conf
}
