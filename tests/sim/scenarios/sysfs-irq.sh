#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Interrupts of the simulated machine: where they may go, and where they go when CPUs do.
# Many functions are called through `check`, which shellcheck does not see:
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine smt

boot=$(state)

# unchanged SENTENCE: the machine is as it was when the scenario began.
unchanged() { same "$1" "" "$(diff <(echo "$boot") <(state))"; }

# error COMMAND...: what the kernel says.
error() {
    ("$@") 2>&1 | sed 's/.*: //'
}

irq() { cat "/proc/irq/$1/$2"; }
mask() { write "$2" "/proc/irq/$1/smp_affinity"; }
list() { write "$2" "/proc/irq/$1/smp_affinity_list"; }

# ---- what there is --------------------------------------------------------------------------

same "they have numbers" "0 9 24 30 31 32 33 40 41 42" "$(cd /proc/irq && printf '%s\n' [0-9]* | sort -n | xargs)"
same "and may go where their affinity says" "0004 2" "$(irq 40 smp_affinity) $(irq 40 smp_affinity_list)"
same "but go to one CPU" "0004 2" "$(irq 40 effective_affinity) $(irq 40 effective_affinity_list)"
check "who handles one has a directory" test -d /proc/irq/40/eno1
check "also where there are two" test -d /proc/irq/41/i801_smbus -a -d /proc/irq/41/snd_hda_intel:card0
same "/sys tells of them too" "i801_smbus,snd_hda_intel:card0 IO-APIC 16 level" \
    "$(cat /sys/kernel/irq/41/{actions,chip_name,hwirq,type} | xargs)"
same "and of what nobody handles" "" "$(cat /sys/kernel/irq/42/actions)"
contains "/proc/interrupts has a column for each CPU" "CPU15" "$(head -1 /proc/interrupts)"
contains "and a line for each" "i801_smbus, snd_hda_intel:card0" "$(grep '^ *41:' /proc/interrupts)"
check_fails "but for what nobody handles" grep '^ *42:' /proc/interrupts
same "the command line is the machine's" "$(cat /sys/.sim/proc/cmdline)" "$(cat /proc/cmdline)"

# ---- moving ---------------------------------------------------------------------------------

check "one can be moved" list 40 4-7
same "then it goes there" 4-7 "$(irq 40 smp_affinity_list)"
case $(irq 40 effective_affinity_list) in
[4-7]) pass "to one of them" ;;
*) fail "to one of them" "$(irq 40 effective_affinity_list)" ;;
esac
check "a mask does as well" mask 40 0,00000004
same "with what was there before" 2 "$(irq 40 smp_affinity_list)"
same "a managed one cannot be moved" "Input/output error" "$(error list 32 0)"
same "however wrong the list is" "Input/output error" "$(error mask 33 x)"
same "a list that is none is refused" "Invalid argument" "$(error list 40 4-)"
same "and one that is too long" "Numerical result out of range" "$(error list 40 4-99)"
same "and a mask that is" "Value too large for defined data type" "$(error mask 40 10000)"
same "and one of nothing" "Invalid argument" "$(error mask 40 0)"
write 0 /sys/devices/system/cpu/cpu9/online
same "a CPU that is offline is nothing" "Invalid argument" "$(error list 40 9)"
check "one of two that is online is enough" list 40 9-10
same "what was written can be read" "9-10 10" "$(irq 40 smp_affinity_list) $(irq 40 effective_affinity_list)"
write 1 /sys/devices/system/cpu/cpu9/online
same "every write is recorded" 'write irq/40/smp_affinity "0" (EINVAL)' "$(journal | grep '"0" (EINVAL)')"
same "with its error" 'write irq/32/smp_affinity_list "0" (EIO)' "$(journal | grep irq/32)"
control "fail irq 40 ENOSPC 1"
same "a write fails as told" "No space left on device" "$(error list 40 3)"
control "hang irq 40"
list 40 3 &
check_fails "or hangs" timeout 0.2 bash -c 'echo 5 >/proc/irq/40/smp_affinity_list'
check "while others do not" list 30 0-15
control "release 40"
wait
same "until it is released" 5 "$(irq 40 smp_affinity_list | tr 3 5)"
control reset
list 40 2

# ---- CPUs that go ---------------------------------------------------------------------------

control "cpu-offline 2"
same "what may go nowhere else may go everywhere" 0-1,3-15 "$(irq 40 smp_affinity_list)"
control "cpu-online 2"
same "and does not come back by itself" 0-1,3-15 "$(irq 40 smp_affinity_list)"
list 40 2
for i in 4 5 6 7 12 13 14 15; do control "cpu-offline $i"; done
same "a managed one waits for its CPUs" "4-7,12-15 " "$(irq 33 smp_affinity_list) $(irq 33 effective_affinity_list)"
same "any other keeps its affinity where something is left of it" 0-15 "$(irq 24 smp_affinity_list)"
for i in 4 5 6 7 12 13 14 15; do control "cpu-online $i"; done
unchanged "all is as it was"

# ---- interrupts that come and go ------------------------------------------------------------

same "new ones go everywhere" ffff "$(cat /proc/irq/default_smp_affinity)"
write 00ff /proc/irq/default_smp_affinity
control "irq-add 99 vfio-msix[0](0000:01:00.0)"
same "unless told otherwise" 0-7 "$(irq 99 smp_affinity_list)"
check "they have a directory of who handles them" test -d "/proc/irq/99/vfio-msix[0](0000:01:00.0)"
same "nowhere is refused" "Invalid argument" "$(error write 0 /proc/irq/default_smp_affinity)"
control "irq-remove 99"
check_fails "and go" test -e /proc/irq/99
check_fails "altogether" test -e /sys/kernel/irq/99
control "irq-add 99 eth0 3-4"
same "numbers are used again" "eth0 3-4" "$(cat /sys/kernel/irq/99/actions) $(irq 99 smp_affinity_list)"
same "but not twice" "File exists" "$(error control "irq-add 99 eth1 0")"
control "irq-remove 99"
same "what is not there cannot go" "No such device" "$(error control "irq-remove 99")"
write ffff /proc/irq/default_smp_affinity
unchanged "all is as it was"

plan_done
