#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Something goes wrong at one system call of the hook after the other: it is killed there, or the call
# fails; and nothing is lost, nothing hangs; see sim-faults.c. A failure is run again with what it printed:
#
#     FAULTS=kill-all:prepare:3:17:-:libvirt bash tests/sim/scenarios/faults.sh
#
# FAULTS=all tries every point there is, FAULTS=kill-all:release those whose names begin so. FAULTS_SECONDS
# is how long is taken otherwise, from the seed FAULTS_FROM.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# With systemd and without it, both at once.
if [ ! -e /sim/machine ]; then
    export FAULTS_FROM=${FAULTS_FROM:-$(date +%s)}
    for FAULTS_HOST in ${FAULTS_HOSTS:-systemd plain}; do
        export FAULTS_HOST
        run_on faults &
    done
    while [ -n "$(jobs -p)" ]; do wait -n || worst=$?; done
    exit "${worst:-0}"
fi

machine faults
MDEV=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
UUID=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce

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
      <source><address uuid='$MDEV'/></source></hostdev>" domain_xml $vm "${UUID//a/${#vm}}" 0000:01:00.0 0000:02:00.0:no |
        sed "s|<memory .*|<memory unit='MiB'>16</memory><memoryBacking><hugepages/></memoryBacking>|
            s|<vcpu.*|<vcpu>1</vcpu>|" >/tmp/$vm.xml
done
sed -i 's/<uuid>3/<uuid>4/' /tmp/two.xml
domain_xml three "${UUID//a/5}" 0000:03:00.0 >/tmp/three.xml

# shellcheck disable=SC2119
[ "$FAULTS_HOST" = plain ] || systemd_start 2>/dev/null
case ${FAULTS:-} in
'') options=(--seconds "${FAULTS_SECONDS:-70}") ;;
all) options=(--skip "${FAULTS_SKIP:-0}") ;;
list) options=(--list) ;;
*:*:*:*:*:*) options=(--point "$FAULTS") ;;
*) options=(--only "$FAULTS" --seconds "${FAULTS_SECONDS:-0}") ;;
esac
exec "$BUILD/tests/sim-faults" --from "$FAULTS_FROM" "${options[@]}"
