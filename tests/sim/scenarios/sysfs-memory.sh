#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Huge pages of the simulated machine: what can be had, and what becomes of pages in use.
# Many functions are called through `check`, which shellcheck does not see:
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine numa smt nosmt

NODE=/sys/devices/system/node
ALL=/sys/kernel/mm/hugepages
boot=$(state)

# unchanged SENTENCE: the machine is as it was when the scenario began.
unchanged() { same "$1" "" "$(diff <(echo "$boot") <(state))"; }

# error COMMAND...: what the kernel says.
error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

# pages NODE SIZE [COUNT]: sets how many there are, or tells all that is known of them.
pages() {
    local directory=$NODE/node$1/hugepages/hugepages-$2kB
    if [ $# -eq 3 ]; then
        write "$3" "$directory/nr_hugepages"
    else
        cat "$directory"/{nr,free,surplus}_hugepages | xargs
    fi
}

all() {
    local directory=$ALL/hugepages-$1kB
    if [ $# -eq 2 ]; then
        write "$2" "$directory/nr_hugepages"
    else
        cat "$directory"/{nr,free,surplus,resv}_hugepages | xargs
    fi
}

of_meminfo() { awk -v "name=$2:" '$3 == name { print $4 }' "$NODE/node$1/meminfo"; }

# ---- four nodes -----------------------------------------------------------------------------

numa_nodes() {
    same "there are four" "0-3 0-3 0-3" "$(cat $NODE/{online,possible,has_cpu} | xargs)"
    same "a node has its pages" "512 512 0" "$(pages 0 2048)"
    same "of each size" "2 2 0" "$(pages 0 1048576)"
    same "together they are the machine's" "1024 1024 0 64" "$(all 2048)"
    same "/proc has the same number" 1024 "$(cat /proc/sys/vm/nr_hugepages)"
    same "meminfo too" "512 512 0" "$(of_meminfo 0 HugePages_Total) $(of_meminfo 0 HugePages_Free) $(of_meminfo 0 HugePages_Surp)"
    same "pages are not free memory" $(((65536 - 2048 - 1024 - 512 * 2) * 1024)) "$(of_meminfo 1 MemFree)"
}

numa_size() {
    local free
    free=$(of_meminfo 2 MemFree)
    pages 2 2048 1000
    same "a node can have more" "1000 1000 0" "$(pages 2 2048)"
    same "for which it has less memory" $((free - 2048000)) "$(of_meminfo 2 MemFree)"
    same "and nothing changes elsewhere" "512 512 0" "$(pages 1 2048)"
    pages 2 2048 0
    same "all of it comes back" "$free" "$(of_meminfo 2 MemFree)"
    all 2048 1028
    same "a number for all is spread" "513 513 1 1" "$(for i in 0 1 2 3; do pages $i 2048 | cut -d' ' -f1; done | xargs)"
    all 2048 1024
    same "from the first on, and back alike" "512 512 0 0" "$(for i in 0 1 2 3; do pages $i 2048 | cut -d' ' -f1; done | xargs)"
    same "what is no number is refused" "Invalid argument" "$(error pages 0 2048 many)"
    pages 0 1048576 20
    same "of large ones there are only so many" "8 8 0" "$(pages 0 1048576)"
    pages 0 1048576 2
    unchanged "all is as it was"
}

numa_limits() {
    pages 2 2048 100000
    same "there are as many as there is memory in one piece" 15872 "$(pages 2 2048 | cut -d' ' -f1)"
    write 1 /proc/sys/vm/compact_memory
    pages 2 2048 100000
    same "compacting makes it more" 32256 "$(pages 2 2048 | cut -d' ' -f1)"
    pages 2 2048 0
    pages 3 2048 100000
    same "caches are in the way" 31744 "$(pages 3 2048 | cut -d' ' -f1)"
    write 3 /proc/sys/vm/drop_caches
    pages 3 2048 100000
    same "until they are dropped" 32256 "$(pages 3 2048 | cut -d' ' -f1)"
    pages 3 2048 0
    same "other numbers are refused" "Invalid argument" "$(error write 9 /proc/sys/vm/drop_caches)"
    unchanged "all is as it was"
}

numa_in_use() {
    control "take-hugepages 0 2048 100"
    pages 0 2048 50
    same "pages in use stay, as surplus" "100 0 50" "$(pages 0 2048)"
    pages 0 2048 120
    same "which count again when there shall be more" "120 20 0" "$(pages 0 2048)"
    pages 0 2048 50
    control "take-hugepages 0 2048 -60"
    same "surplus goes when it is given back" "50 10 0" "$(pages 0 2048)"
    control "take-hugepages 0 2048 -40"
    pages 0 2048 512
    control "surplus 1 2048 10"
    same "a program can have more than there are" "522 512 10" "$(pages 1 2048)"
    pages 2 2048 7
    same "which does not matter to another node since Linux 6.7" "7 7 0" "$(pages 2 2048)"
    pages 2 2048 0
    control "surplus 1 2048 -10"
    control "reserve-hugepages 0 2048 900"
    all 2048 0
    same "what is reserved stays" "964 964 964 964" "$(all 2048)"
    all 2048 1024
    same "there and then again as before" "1024 1024 0 964" "$(all 2048)"
    control "reserve-hugepages 0 2048 -900"
    for i in 0 1; do pages $i 2048 512; done
    for i in 2 3; do pages $i 2048 0; done
    for i in 0 1; do pages $i 2048 512; done
    unchanged "all is as it was"
    same "more than there are cannot be taken" "Cannot allocate memory" "$(error control "take-hugepages 0 2048 513")"
}

numa_faults() {
    control "fail node-write 1 ENOMEM 1"
    same "a write fails as told" "Cannot allocate memory" "$(error pages 1 2048 600)"
    same "and does nothing" "512 512 0" "$(pages 1 2048)"
    control "fail node-write 1/1048576 EIO" "fail hugepages 2048 EINVAL" "fail hugepages drop_caches EIO"
    check "that of another size does not" pages 1 2048 512
    same "while this does" "Input/output error" "$(error pages 1 1048576 1)"
    same "so does that of all nodes" "Invalid argument" "$(error all 2048 0)"
    same "and that of caches" "Input/output error" "$(error write 1 /proc/sys/vm/drop_caches)"
    control reset
    pages 1 2048 512
    same "a write is recorded" 'write node1/hugepages-2048kB/nr_hugepages "512"' "$(journal)"
    write 5 $ALL/hugepages-2048kB/nr_overcommit_hugepages
    contains "overcommitment is part of the state" "hugepages 2048 reserved 64 overcommit 5" "$(state)"
}

# ---- one node -------------------------------------------------------------------------------

smt() {
    pages 0 2048 100000
    same "there are as many as there is memory in one piece" 7168 "$(pages 0 2048 | cut -d' ' -f1)"
    write 3 /proc/sys/vm/drop_caches
    write 1 /proc/sys/vm/compact_memory
    pages 0 2048 100000
    same "and more after dropping caches and compacting" 14336 "$(pages 0 2048 | cut -d' ' -f1)"
}

nosmt() {
    write 300 /proc/sys/vm/nr_hugepages
    same "/proc can be written, too" "300 300 0 0" "$(all 2048)"
    same "and tells the same" 300 "$(awk '/HugePages_Total/ { print $2 }' /proc/meminfo)"
    write 0 /proc/sys/vm/nr_hugepages
    unchanged "all is as it was"
}

case $MACHINE in
numa)
    numa_nodes
    numa_size
    numa_limits
    numa_in_use
    numa_faults
    ;;
*) $MACHINE ;;
esac
plan_done
