#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# irqbalance runs: it is asked to leave the VM's CPUs alone, or it would move interrupts back.
# Only on trixie.
. "$(dirname "$0")/../lib.sh"

# What irqbalance says of itself.
setup() {
    # The quotes are Perl's.
    # shellcheck disable=SC2016
    perl -MIO::Socket::UNIX -e 'my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!;
        $socket->autoflush(1); print $socket "setup"; local $/; print <$socket>' \
        "$(find /run/irqbalance -type s)"
}

# The mask of the CPUs that it leaves alone.
banned() {
    local all
    all=$(setup)
    all=${all##*BANNED }
    echo "${all%%[^0-9a-f]*}"
}

is_banned() {
    banned
    [ "$(banned)" = "$1" ]
}

declare -A affinity
for file in /proc/irq/*/smp_affinity_list; do
    affinity[$file]=$(< "$file")
done
smp 2
define win10
define other
configure_cpus win10 'pin = auto' 'isolate = yes' 'irq = move'
configure_cpus other 'pin = auto' 'isolate = yes' 'irq = move'
systemctl start irqbalance.service
check 'irqbalance answers' wait_for setup
echo "# $(setup)"
check 'irqbalance runs, and bans no CPU' wait_for is_banned 00000000
check 'a VM starts' start win10
check 'irqbalance leaves its CPUs alone' wait_for is_banned 00000030
check 'another VM starts' start other
check 'irqbalance leaves the CPUs of both alone' wait_for is_banned 000000f0
check 'the first is destroyed' destroy win10
check 'irqbalance leaves those of the other alone' wait_for is_banned 000000c0
check 'the other is destroyed' destroy other
check 'irqbalance leaves none alone' wait_for is_banned 00000000

check 'a VM starts' start win10
systemctl restart irqbalance.service
wait_for setup > /dev/null
check 'irqbalance has been started anew: the VM is destroyed' destroy win10
check 'irqbalance leaves none alone' wait_for is_banned 00000000
systemctl stop irqbalance.service
for file in "${!affinity[@]}"; do
    echo "${affinity[$file]}" > "$file"
done 2> /dev/null || true
