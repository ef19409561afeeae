#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl status: what VMs hold, what is left of those that are gone, and what hangs.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317,SC2119
. "$(dirname "$0")/../lib.sh"
machine faults

RUN=/run/hostdevctl
MDEV=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
UUID=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
GPU=0000:01:00.0
DRIVE=0000:02:00.0

check 'the machine has names' \
    hwdb 144D=Samsung 144D:A808='970 EVO' 10DE=NVIDIA 10DE:1C20=GP106M
systemd_start 2>/dev/null
conf hostdevctl.conf <<<"[devices]
timeout = 4
[mdev]
type = i915-GVTg_V5_4"
conf domains/full.conf <<<"[cpu]
pin = auto
isolate = yes
irq = move
governor = performance
pm-qos = 10
[memory]
hugepages = reserve"
DOMAIN_DEVICES="<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>
    <source><address uuid='$MDEV'/></source></hostdev>" domain_xml full $UUID $GPU |
    sed "s|<memory .*|<memory unit='MiB'>16</memory><memoryBacking><hugepages/></memoryBacking>|
        s|<vcpu.*|<vcpu>1</vcpu>|" >/tmp/full.xml
domain_xml plain "${UUID//a/b}" $DRIVE >/tmp/plain.xml

# ---- nothing ---------------------------------------------------------------------------------------

nothing='No VM holds anything, and nothing is detached by hand.'
tool 2 'it takes no arguments' 'hostdevctl: status takes no arguments: it shows all' status full
check 'its help fits a screen' \
    awk 'length > 80 || NR > 24 { bad = 1 } END { exit bad || NR < 3 }' <(hostdevctl status --help)
tool 0 'before the first VM' "$nothing" status
same 'and for scripts' '{"held":[],"workers":[]}' "$(hostdevctl status --json | tr -d '\n ')"
hook plain prepare begin </tmp/plain.xml
hook plain release end </tmp/plain.xml
tool 0 'after the last' "$nothing" status

# ---- VMs -------------------------------------------------------------------------------------------

hook full prepare begin </tmp/full.xml
qemu_start full 1
hook plain prepare begin </tmp/plain.xml
tool 0 'what VMs hold' "VM     STATE     HOLDS       WHAT
full   runs      mdev        $MDEV (i915-GVTg_V5_4)
full   runs      device      $GPU (NVIDIA GP106M), from nouveau
full   runs      memory      8 huge pages of 2 MiB
full   runs      isolated    CPUs 1
full   runs      interrupts  off CPUs 1
full   runs      governor    performance on CPUs 1
full   runs      wake-up     10 us at most on CPUs 1
full   runs      vCPUs       1
plain  starting  device      $DRIVE (Samsung 970 EVO), from nvme" status
same 'others are told that root is needed' \
    'hostdevctl: only root can do this: sudo hostdevctl status' \
    "$(setpriv --reuid 65534 --regid 65534 --clear-groups hostdevctl status 2>&1)"
json=$(hostdevctl status --json | tr -d '\n ')
contains 'scripts are told whose QEMU it is' \
    "{\"name\":\"full\",\"state\":\"runs\",\"busy\":false,\"file\":\"full\",\"qemu\":$(qemu_pid full),\"holds\":[" "$json"
contains 'what is claimed' '"pci0000:01:00.0"' "$json"
contains 'and what was done' '{"domain":"full","cpus":"1","step":"isolate"}' "$json"
contains 'the picture shows who holds what' full "$(hostdevctl status --svg -)"

# ---- what is left ----------------------------------------------------------------------------------

qemu_stop full
hook full release end </tmp/full.xml
daemon_kill
tool 0 'a VM that is gone, and what to do' "VM     STATE  HOLDS   WHAT
plain  gone   device  $DRIVE (Samsung 970 EVO), from nvme
VM plain is gone, and nobody has given back what it had: 'hostdevctl recover' does." status
cp $RUN/plain /run/good
sed -i '2s/.*/garbage/' $RUN/plain
cp /run/good $RUN/.damaged-old
cp /run/good $RUN/copy
tool 0 'damaged journals, and copies' "VM     STATE    HOLDS  WHAT
copy   copy     -      -
old    damaged  -      -
plain  damaged  -      -
VM copy: its journal is a copy: 'hostdevctl recover' tells what to do.
VM old: its journal is damaged: 'hostdevctl recover' tells what to do.
VM plain: its journal is damaged: 'hostdevctl recover' tells what to do." status
same 'nothing is set aside for looking' $'copy\nplain' "$(ls $RUN)"
rm $RUN/.damaged-old $RUN/copy
sed '1s/"version":1/"version":7/' /run/good >$RUN/plain
tool 0 'a journal of a newer version' "VM     STATE  HOLDS   WHAT
plain  newer  device  $DRIVE (Samsung 970 EVO)
VM plain: its journal is of a newer version of hostdevctl: install that again to give
back what the VM has." status
cp /run/good $RUN/plain

# ---- what hangs ------------------------------------------------------------------------------------

control "hang unbind $DRIVE" 'unkillable on'
hostdevctl recover >/dev/null 2>&1
said=$(hostdevctl status)
contains 'a worker that hangs is named with its device' "hangs in the kernel, on $DRIVE (Samsung 970 EVO): the kernel log may tell why. When the kernel lets go of it, 'hostdevctl recover' gives back what is left." "$said"
contains 'for scripts, too' "\"device\":\"$DRIVE\",\"process\":" "$(hostdevctl status --json | tr -d '\n ')"
control "release $DRIVE" 'unkillable off'
tool_recovers() { hostdevctl recover; }
check 'when it has ended' wait_until tool_recovers
tool 0 'nothing is left' "$nothing" status

# ---- by hand ---------------------------------------------------------------------------------------

# by_hand STATE BUSY CLAIMS: the whole of what scripts are told.
by_hand() {
    local bind
    bind=$(sed -n 's/^{"steps":\[\(.*\)\]}$/\1/p' "$RUN/by-hand\\x2f$DRIVE")
    tr -d '\n ' <<END
{"name":"by-hand/$DRIVE","state":"$1","busy":$2,"file":"by-hand\\\\x2f$DRIVE","qemu":null,
    "holds":[{"kind":"device","what":"$DRIVE (Samsung 970 EVO), from nvme"}],
    "claims":[$3],"steps":[$bind]}
END
}
held() { hostdevctl status --json | tr -d '\n ' | sed 's/^{"held":\[\(.*\)\],"workers":.*/\1/'; }

hostdevctl detach $DRIVE >/dev/null
detached="$DRIVE (Samsung 970 EVO) was detached by hand: 'hostdevctl attach' gives it back."
tool 0 'what is detached by hand' "VM  STATE    HOLDS   WHAT
-   by hand  device  $DRIVE (Samsung 970 EVO), from nvme
$detached" status
same 'for scripts, too' "$(by_hand 'by hand' false '')" "$(held)"
domain_xml other "${UUID//a/c}" $GPU >/tmp/other.xml
hook other prepare begin </tmp/other.xml
qemu_start other 1
hook plain prepare begin </tmp/plain.xml
tool 0 'beside VMs, one of which has it' "VM     STATE     HOLDS   WHAT
-      by hand   device  $DRIVE (Samsung 970 EVO), from nvme
other  runs      device  $GPU (NVIDIA GP106M), from nouveau
plain  starting  device  $DRIVE (Samsung 970 EVO)
$detached" status
daemon_kill
tool 0 'when they are gone it stays so' "VM     STATE    HOLDS   WHAT
-      by hand  device  $DRIVE (Samsung 970 EVO), from nvme
other  runs     device  $GPU (NVIDIA GP106M), from nouveau
plain  gone     device  $DRIVE (Samsung 970 EVO)
$detached
VM plain is gone, and nobody has given back what it had: 'hostdevctl recover' does." status
qemu_stop other
hostdevctl recover >/dev/null
hostdevctl attach $DRIVE >/dev/null
tool 0 'until it is attached' "$nothing" status

claims="\"iommu-group 3\",\"pci $DRIVE\""
control clear-log "hang unbind $DRIVE"
hostdevctl detach $DRIVE >/dev/null 2>&1 &
victim=$!
wait_until grep -q "unbind $DRIVE" /sys/.sim/log
same 'while it is being detached' "$(by_hand 'at work' true "$claims")" "$(held)"
contains 'that is said' "-   at work  device  $DRIVE (Samsung 970 EVO), from nvme" "$(hostdevctl status)"
kill -KILL $victim
wait $victim 2>/dev/null
pkill -KILL -x hostdevctl
control "release $DRIVE"
no_worker() { hostdevctl status --json | grep -q '"workers": *\[\( \]\|$\)' && ! pgrep -x hostdevctl; }
wait_until no_worker
tool 0 'when the tool was killed in the midst of it' "VM  STATE      HOLDS   WHAT
-   cut short  device  $DRIVE (Samsung 970 EVO), from nvme
$DRIVE (Samsung 970 EVO) is neither detached nor attached, and nobody has given it back: 'hostdevctl recover' does." status
same 'scripts are told' "$(by_hand 'cut short' false "$claims")" "$(held)"
check 'it does' hostdevctl recover
tool 0 'then nothing is left' "$nothing" status

plan_done
