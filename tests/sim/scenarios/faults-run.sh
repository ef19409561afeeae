#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# /run is full, or read-only, or what is in it is damaged: a VM does not start then, but what it has is
# given back, and nothing is done that a damaged file says.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine faults

RUN=/run/hostdevctl
MDEV=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
GPU=0000:01:00.0

conf hostdevctl.conf <<<"[devices]
timeout = 4
[mdev]
type = i915-GVTg_V5_4
[cpu]
pin = auto
isolate = yes
irq = move
governor = performance
pm-qos = 10
[memory]
hugepages = reserve"

for vm in one two; do
    DOMAIN_DEVICES="<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>
      <source><address uuid='$MDEV'/></source></hostdev>" \
        domain_xml $vm aaaaaaaa-0546-4c1c-96c7-1ffe204ae6c${#vm} $GPU |
        sed "s|<memory .*|<memory unit='MiB'>16</memory><memoryBacking><hugepages/></memoryBacking>|
            s|<vcpu.*|<vcpu>1</vcpu>|" >/tmp/$vm.xml
done

# What the kernel does not take back (see sweep-host.c) the first life leaves.
prepare() { hook "$1" prepare begin </tmp/"$1".xml; }
release() { hook "$1" release end </tmp/"$1".xml; }
host() { state | sed "/^cgroup \/ /d; s/^\(cgroup .*\) cpus=0-3 /\1 cpus= /"; }
prepare one
release one
start=$(host)

# as_at_start SENTENCE
as_at_start() {
    same "$1: the host is as at the start" "" "$(diff <(echo "$start") <(host))"
    same "$1: $RUN is empty" "" "$(ls -A $RUN)"
}

# one_sentence SENTENCE: that is what the last call of the hook ended with.
one_sentence() {
    same "$1: it fails with a sentence" "1 hostdevctl: " "$hook_status ${hook_stderr:0:12}"
}

# a_life SENTENCE: a VM that comes later has all that it wants.
a_life() {
    check "$1: another VM starts" prepare two
    same "$1: with its device" vfio-pci "$(driver_of $GPU)"
    check "$1: and ends" release two
    as_at_start "$1"
}

# ---- full -----------------------------------------------------------------------------------

fill() {
    mkdir -p $RUN
    mount -t tmpfs -o "size=$1,mode=0700" tmpfs $RUN
    # To the last byte of all pages but so many.
    dd if=/dev/zero of=$RUN/.filler bs=4k count="$2" 2>/dev/null || true
}

# Room for ever more files: it ends at another one each time.
for pages in 0 1 2 4 6 8 9 10 11 12 13 14; do
    fill 128k $((32 - pages))
    prepare one
    if [ "$hook_status" -eq 0 ]; then
        pass "with room for $pages pages in /run a VM starts"
    else
        one_sentence "with room for $pages pages in /run"
        same "and nothing was done" "" "$(diff <(echo "$start") <(host))"
    fi
    release one
    same "with room for $pages pages: release gives all back" "" "$(diff <(echo "$start") <(host))"
    umount $RUN
done

fill 128k 0
prepare one
dd if=/dev/zero of=$RUN/.filler bs=4k 2>/dev/null
check "release does with a /run that became full" release one
same "a /run that became full: all is back" "" "$(diff <(echo "$start") <(host))"
umount $RUN
a_life "after a full /run"

# ---- read-only ------------------------------------------------------------------------------

fill 128k 0
mount -o remount,ro $RUN
prepare one
one_sentence "a read-only /run"
same "a read-only /run: nothing was done" "" "$(diff <(echo "$start") <(host))"
mount -o remount,rw $RUN
prepare one
mount -o remount,ro $RUN
release one
one_sentence "a /run that became read-only"
mount -o remount,rw $RUN
check "when it can be written again release is called again" release one
same "and all is back" "" "$(diff <(echo "$start") <(host))"
umount $RUN
a_life "after a read-only /run"

# ---- torn and damaged -----------------------------------------------------------------------

# Cut at each byte: what is left of the first lines counts, a journal without them is nobody's.
prepare one
cp -r $RUN /run/good
size=$(stat -c %s $RUN/one)
wrong=
for ((length = 0; length < size; length += 1 + size / 40)); do
    truncate -s "$length" $RUN/one
    release one
    aside=$(find $RUN -name '.damaged-*')
    case $hook_status:${aside:+aside} in
    0: | 1:aside) ;;
    *) wrong+="$length: $hook_status $hook_stderr " ;;
    esac
    # By hand, as the message says, where nobody knew any more.
    rm -rf $RUN
    cp -r /run/good $RUN
    release one
    [ "$hook_status" -eq 0 ] && [ "$start" = "$(host)" ] || wrong+="$length: not given back "
    prepare one
    rm -rf /run/good
    cp -r $RUN /run/good
done
same "a journal that was cut anywhere is obeyed as far as it goes, or set aside" "" "$wrong"

# Bytes turned into others.
wrong=
for ((place = 0; place < size; place += 1 + size / 40)); do
    printf '\377' | dd of=$RUN/one bs=1 seek="$place" conv=notrunc 2>/dev/null
    release one
    case $hook_status in
    0 | 1) ;;
    *) wrong+="$place: $hook_status $hook_stderr " ;;
    esac
    rm -rf $RUN
    cp -r /run/good $RUN
    release one
    [ "$hook_status" -eq 0 ] && [ "$start" = "$(host)" ] || wrong+="$place: not given back: $hook_stderr "
    prepare one
    rm -rf /run/good
    cp -r $RUN /run/good
done
same "a journal with a wrong byte anywhere harms nobody" "" "$wrong"
release one
as_at_start "in the end"

plan_done
