#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hugepages = reserve: a VM gets the huge pages that it needs, on its nodes, and gives back what was
# added, and no more.
# Some functions are called through `check`, which shellcheck does not see:
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine numa

NODE=/sys/devices/system/node
conf hostdevctl.conf <<<"[memory]
hugepages = reserve"
boot=$(state)

# vm NAME MiB NODES [KiB]: so much memory, on pages of this size.
vm() {
    domain_xml "$1" "11111111-2222-3333-4444-00000000000${#1}" |
        sed "s|<memory .*|<memory unit='MiB'>$2</memory><memoryBacking><hugepages><page size='${4:-2048}'/></hugepages></memoryBacking><numatune><memory mode='strict' nodeset='$3'/></numatune>|" \
            >"/tmp/$1.xml"
}

prepare() { hook "$1" prepare begin <"/tmp/$1.xml"; }
end() { stop_vm "/tmp/$1.xml" "$1"; }

# pages NODE [KiB]: how many there are.
pages() { cat "$NODE/node$1/hugepages/hugepages-${2:-2048}kB/nr_hugepages"; }

# as_before SENTENCE
as_before() {
    same "$1: release is content" "0 " "$hook_status $hook_stderr"
    same "$1: the host is as it was" "" "$(diff <(echo "$boot") <(state))"
    same "$1: nothing is left in /run" "" "$(ls -A /run/hostdevctl)"
}

# ---- one VM ---------------------------------------------------------------------------------

vm win10 1024 3
check "pages are reserved" prepare win10
same "on the node of numatune" "512 512 0 512" "$(pages 0) $(pages 1) $(pages 2) $(pages 3)"
end win10
as_before "one node"

# Programs have a right to 64 pages, which may be on any node.
vm win10 1024 0
prepare win10
same "free pages are used first, and reserved ones count as used" 576 "$(pages 0)"
end win10
as_before "free pages"

vm win10 512 0
prepare win10
same "nothing is added when there are enough" 512 "$(pages 0)"
end win10
as_before "enough pages"

vm win10 2560 0-1
prepare win10
same "several nodes together" 1408 $(($(pages 0) + $(pages 1)))
end win10
as_before "two nodes"

# What is scattered is put together, and caches are dropped for it.
vm win10 60000 2
check "memory is compacted" prepare win10
same "then there is enough" 30000 "$(pages 2)"
end win10
as_before "compaction"

# ---- two VMs --------------------------------------------------------------------------------

vm win10 1024 3
vm debian 2048 3
prepare win10
prepare debian
same "what one was promised the other does not use" 1536 "$(pages 3)"
qemu_start win10 1
qemu_start debian 1
control "take-hugepages 3 2048 1536"
qemu_stop win10
control "take-hugepages 3 2048 -512"
end win10
same "the first that ends gives back its own" 1024 "$(pages 3)"
vm win10 512 3
prepare win10
same "pages in use are not free" 1280 "$(pages 3)"
end win10
control "take-hugepages 3 2048 -1024"
qemu_stop debian
end debian
as_before "two VMs"

# ---- not enough -----------------------------------------------------------------------------

vm win10 131072 0-1
prepare win10
same "too much: the message tells what there is" \
    "1 hostdevctl: the VM needs 65536 huge pages of 2 MiB, and memory is too full or too fragmented: found were 27584 on node 0, 31680 on node 1. Give the VM less memory, close programs, or reserve the pages at boot (hugepages= on the kernel line)" \
    "$hook_status $hook_stderr"
same "it is given back at once" "512 512" "$(pages 0) $(pages 1)"
end win10
as_before "too much"

vm win10 4096 0 1048576
prepare win10
same "pages of 1 GiB: two more" "0 4" "$hook_status $(pages 0 1048576)"
end win10
as_before "1 GiB"

vm win10 10240 0 1048576
prepare win10
contains "more than can be had of 1 GiB" \
    "the VM needs 10 huge pages of 1 GiB, and memory is too full or too fragmented: found were 8 on node 0." "$hook_stderr"
end win10
as_before "too much of 1 GiB"

vm win10 1024 0 16384
prepare win10
same "a size that the kernel does not have" \
    "1 hostdevctl: there are no huge pages of 16 MiB on NUMA node 0: correct <hugepages> or <numatune> in the VM's XML" \
    "$hook_status $hook_stderr"
end win10
as_before "no such size"

# ---- strangers ------------------------------------------------------------------------------

# stranger COUNT: somebody else sets how many pages node 3 has, while the VM has 512.
stranger() {
    vm win10 1024 3
    prepare win10
    write "$1" "$NODE/node3/hugepages/hugepages-2048kB/nr_hugepages"
    end win10
}

stranger 600
same "what somebody else has added stays" "0 88" "$hook_status $(pages 3)"
write 0 "$NODE/node3/hugepages/hugepages-2048kB/nr_hugepages"
stranger 100
same "what somebody else has taken away is not taken twice" "0 0" "$hook_status $(pages 3)"
as_before "strangers"

# ---- killed ---------------------------------------------------------------------------------

# has_pages NODE COUNT
has_pages() {
    [ "$(pages "$1")" = "$2" ]
}

# The hook and its workers die while the kernel makes pages, which goes on without them.
kill_while_reserving() {
    local process
    vm win10 1024 3
    control "hang node-write 3/2048"
    prepare win10 &
    wait_until grep -q asked /run/hostdevctl/.hugepages
    sleep 0.2
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/exe")" = /usr/sbin/hostdevctl-hook ]; then kill -KILL "${process##*/}"; fi
    done
    wait $!
    control "release 3/2048"
    wait_until has_pages 3 512
}

check "pages come although nobody waits for them" kill_while_reserving
end win10
as_before "killed, then released"

kill_while_reserving
check "killed, then started again" prepare win10
same "the VM has its pages once" 512 "$(pages 3)"
end win10
as_before "killed, then started again"

# A VM that is gone, and another that comes before its pages are given back.
vm win10 1024 3
vm debian 1024 3
prepare win10
daemon_kill
prepare debian
same "the pages of a VM that is gone are not counted on" 1024 "$(pages 3)"
prepare win10
same "it comes back, and each has its own" 1024 "$(pages 3)"
end win10
same "until it ends" 512 "$(pages 3)"
end debian
as_before "a VM that was gone"

plan_done
