#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl plan: what it says, of every kind of VM; that it says so is compared with what prepare
# does in tool-plan-all.sh.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine desktop

A=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
GPU=0000:01:00.0
SOUND=0000:01:00.1
NIC=0000:00:1f.6
boot=$(state)

check 'the machine has names' \
    hwdb 8086=Maker '8086:*=Thing' 10DE=Maker '10DE:*=Thing' 144D=Maker '144D:*=Thing'

# plan STATUS SENTENCE EXPECTED ARGUMENT...: see tool.
plan() { tool "${@:1:3}" plan "${@:4}"; }

untouched() {
    same "$1: nothing is touched" "$boot" "$(state)"
    same "$1: no journal, not even a directory" "" "$(ls -A /run/hostdevctl 2>/dev/null)"
}

steps="When VM a starts:
   1  loading module vfio_pci
   2  taking $GPU (Maker Thing) from nouveau for the VM
   3  taking $SOUND (Maker Thing) from snd_hda_intel for the VM
When it has ended:
   1  giving $SOUND (Maker Thing) back to snd_hda_intel
   2  giving $GPU (Maker Thing) back to nouveau"
domain_xml a $A $GPU $SOUND >/tmp/a.xml
plan 0 "a GPU and its sound" "$steps" --xml /tmp/a.xml
same "so it is from standard input" "$steps" "$(hostdevctl plan --xml - </tmp/a.xml)"
untouched "a plan"
check_fails "no directory is made" test -e /run/hostdevctl

domain_xml a $A $GPU >/tmp/half.xml
plan 1 "a refusal is the sentence of the hook" \
    "hostdevctl: $SOUND (Maker Thing, driver snd_hda_intel) shares IOMMU group 1 with $GPU and must go with it: add it to the VM, or set iommu-group = bind in /etc/hostdevctl/domains/a.conf" \
    --xml /tmp/half.xml
hook a prepare begin </tmp/half.xml
same "word for word" "$hook_stderr" "$(hostdevctl plan --xml /tmp/half.xml 2>&1)"
untouched "a refusal"

domain_xml a $A >/tmp/plain.xml
plan 0 "a VM without host devices" "When VM a starts, nothing is done." --xml /tmp/plain.xml

# What is left as it is.
interface="<interface type='hostdev' managed='yes'><source><address type='pci' domain='0' bus='0' slot='0x1f' function='6'/></source></interface>"
DOMAIN_DEVICES=$interface domain_xml a $A >/tmp/interface.xml
plan 0 "a managed interface" "When VM a starts, nothing is done.
Left as it is:
      $NIC (Maker Thing): libvirt takes it, and gives it back" --xml /tmp/interface.xml
domain_xml a $A $NIC:no >/tmp/nic.xml
conf domains/a.conf <<<$'[devices]\ndetach = none'
plan 0 "detach = none" "When VM a starts, nothing is done.
Left as it is:
      $NIC (Maker Thing): detach = none: whoever starts the VM has to see to it (managed='no')" --xml /tmp/nic.xml
rm /etc/hostdevctl/domains/a.conf
write vfio-pci $PCI/devices/$NIC/driver_override
hostdevctl detach $NIC >/dev/null
plan 0 "a device that is detached" "When VM a starts, nothing is done.
Left as it is:
      $NIC (Maker Thing): on vfio-pci already, and stays there" --xml /tmp/nic.xml
hostdevctl attach $NIC >/dev/null
write $'\n' $PCI/devices/$NIC/driver_override
conf domains/a.conf <<<$'[devices]\nnonsense = 1'
plan 1 "a file with a mistake" "hostdevctl: $(hook a prepare begin </tmp/nic.xml; echo "${hook_stderr#hostdevctl: }")" --xml /tmp/nic.xml
rm /etc/hostdevctl/domains/a.conf

# Other VMs, and this one.
domain_xml b ${A//a/b} $GPU $SOUND >/tmp/b.xml
steps=$(grep -v vfio_pci <<<"$steps" | sed '2,3s/  [23]/  &/' | awk '/^ /{ if (section) n++; sub(/^ *[0-9]+/, sprintf("%4d", n)) } !/^ /{ section = 1; n = 0 } 1')
hook b prepare begin </tmp/b.xml
held=$(state)
plan 1 "what another VM has" "hostdevctl: $GPU (Maker Thing) is in use by VM b: shut that VM down first" --xml /tmp/a.xml
daemon_kill
plan 0 "what a VM has that is gone" "First, what VM b had would be given back: it is gone.
$steps" --xml /tmp/a.xml
plan 0 "what an earlier start of the VM itself has left" \
    "First, what an earlier start of VM b has left would be given back.
${steps//VM a/VM b}" --xml /tmp/b.xml
same "neither is given back by that" "$held b" "$(state) $(ls -A /run/hostdevctl)"
qemu_start b 1
plan 0 "a VM that runs" "VM b runs now; this is about its next start.
${steps//VM a/VM b}" --xml /tmp/b.xml
plan 1 "and what it has is its own" "hostdevctl: $GPU (Maker Thing) is in use by VM b: shut that VM down first" --xml /tmp/a.xml
qemu_stop b
hook b release end </tmp/b.xml
untouched "other VMs"

# For scripts.
domain_xml a $A $NIC >/tmp/nic.xml
plan 0 "JSON" '{
  "domain": "a",
  "uuid": "'$A'",
  "running": false,
  "leftovers": false,
  "gone-vms": [
  ],
  "loads": [
  ],
  "incomplete": false,
  "steps": [
    {
      "does": "taking '$NIC' (Maker Thing) from e1000e for the VM",
      "undo": "giving '$NIC' (Maker Thing) back to e1000e",
      "step": {
        "device": "'$NIC'",
        "id": "8086:15b8",
        "iommu-group": 9,
        "driver": "vfio-pci",
        "was-driver": "e1000e",
        "was-override": "",
        "step": "bind"
      }
    }
  ],
  "left": [
  ],
  "refusal": null
}' --json --xml /tmp/nic.xml
contains "a refusal in JSON" '"refusal": "0000:01:00.1 (' "$(hostdevctl plan --json --xml /tmp/half.xml 2>/dev/null)"

# Wrong use, and nothing to ask.
plan 2 "of no VM" "hostdevctl: plan: of which VM? Expected its name or UUID, or --xml FILE"
plan 2 "of a VM and a file" "hostdevctl: plan: of which VM? Expected its name or UUID, or --xml FILE" a --xml /tmp/a.xml
plan 1 "a file that is not there" "hostdevctl: /tmp/none cannot be read: No such file or directory" --xml /tmp/none
said=$(hostdevctl plan a 2>&1)
same "without a libvirt: exit" 1 $?
contains "without a libvirt there is a sentence" "hostdevctl: libvirt cannot be asked: " "$said"

# Whatever somebody pipes in.
for xml in "$SOURCE"/tests/fuzz/corpus/domain/*.xml "$SOURCE"/tests/bench/plain.xml /dev/null /sim/machine /bin/sh; do
    said=$(timeout 20 hostdevctl plan --xml - <"$xml" 2>&1)
    status=$?
    first=${said%%$'\n'*}
    case $status:$first in
    0:"When VM "* | 0:"First, "* | 1:"hostdevctl: "*) pass "${xml##*/} is planned or refused" ;;
    *) fail "${xml##*/} is planned or refused" "exit $status" "$said" ;;
    esac
done
untouched "odd XML"

# Others than root.
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
    said=$(setpriv --reuid 65534 --clear-groups hostdevctl plan --xml - </tmp/nic.xml 2>&1)
    same "others than root get what can be had: exit" 0 $?
    contains "and are told what that is worth" "hostdevctl: warning: only root can see what VMs hold" "$said"
    contains "others than root get what can be had" "taking $NIC (Maker Thing) from e1000e for the VM" "$said"
else
    skip "others than root get what can be had" "this world has one user"
fi
plan_done
