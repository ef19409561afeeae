#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Inside an emulated host: installs the project, then runs scenarios and prints TAP.
#
#     guest.sh [--from SCENARIO] [SCENARIO...]
#
# A scenario is named by its file's name without ".sh", or by the number in front; `all` is all of them.
# Without names: those too, but for those that say "# Only on RELEASE." and mean another one. That is
# said of what the releases do not differ in, to save time. With --from none that comes before that one.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

# The scenario's longest life, in seconds.
limit=400

from=
if [ "${1:-}" = --from ]; then
    from=$2
    shift 2
fi

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
read -r uptime _ < /proc/uptime
echo "# booted in ${uptime%.*} s: $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r), $(libvirtd --version)"

install_project() {
    make --silent -C /mnt/source BUILD=/mnt/build PREFIX=/usr install
}

hardware_is_there() {
    local i
    for i in 0 1 2 3 4 5; do
        has_driver "0000:0$((i + 1)):00.0" nvme || return
        grep "^drive$i " "$pci/0000:0$((i + 1)):00.0"/nvme/*/serial || return
    done
    has_driver "$nic0" e1000e && has_driver "$nic0_twin" e1000e && has_driver "$nic1" e1000e &&
        has_driver "$driverless" - && has_driver "$gvt" - && udevadm settle
}

# wanted FILE PATTERN...
wanted() {
    local name only pattern
    name=$(basename "$1" .sh)
    only=$(sed -n 's/^# Only on \(.*\)\.$/\1/p' "$1")
    shift
    if [ $# -eq 0 ]; then
        [ "${only:-$release}" = "$release" ]
        return
    fi
    for pattern in "$@"; do
        case $name in
        "$pattern" | "$pattern"-*) return 0 ;;
        *) [ "$pattern" != all ] || return 0 ;;
        esac
    done
    return 1
}

# Everything a scenario prints that is not TAP becomes a diagnostic.
only_tap() {
    sed -u '/^\(not \)\?ok\b/b; /^#/b; s/^/# /'
}

# kernel_log SINCE: what the kernel said last, for whoever reads of a failure.
kernel_log() {
    journalctl --no-pager --dmesg --output=short-monotonic --since="@$1" | tail -n 20 | diagnose
}

run_scenario() {
    local file=$1 name before status=0 begun=$SECONDS
    name=$(basename "$file" .sh)
    echo "# scenario $name"
    before=$(snapshot)
    timeout -k 5 $limit bash "$file" 2>&1 | only_tap || status=$?
    if [ $status -ne 0 ]; then
        echo "not ok - $name runs to its end"
        echo "#   exit status $status$([ $status -ne 124 ] || echo ": it took longer than $limit s")"
    fi
    if ! clean_up > "$scratch/cleaned" 2>&1; then
        echo "not ok - $name can be cleaned up after"
        diagnose < "$scratch/cleaned"
    fi
    same "$name leaves the host as it was" "$before" "$(snapshot)"
    echo "# $name took $((SECONDS - begun)) s"
}

check 'the project installs without compiling again' install_project
check 'the emulated hardware is complete' wait_for hardware_is_there
# libvirtd looks for hooks when it starts and when it is told to reload.
check 'libvirtd reloads' systemctl reload libvirtd.service
check 'libvirtd is confined by AppArmor as Debian has it' \
    grep -q '^libvirtd (enforce)' /sys/kernel/security/apparmor/profiles

for file in "$here"/scenarios/*.sh; do
    if ! [[ $(basename "$file" .sh) < $from ]] && wanted "$file" "$@"; then
        since=$(date +%s)
        run_scenario "$file" | tee "$scratch/tap"
        ! grep -q '^not ok' "$scratch/tap" || kernel_log "$since"
    fi
done
# run.sh names the file that gets it, if something failed.
journalctl --no-pager --boot | cat > /dev/ttyS0
