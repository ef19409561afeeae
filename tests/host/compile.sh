#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Compiles the project for an emulated host, inside that host's own file tree, so that the programs
# fit its C library and its libraries whatever the machine that runs the tests has.
#
#     compile.sh bookworm|trixie [COMMAND...]
#
# Prints a directory with source/ (a copy, so that editing goes on meanwhile) and build/, both as the
# host will see them under /mnt; there `make BUILD=/mnt/build install` has nothing left to compile.
# The kernel modules of modules/ are in build/modules/. build/updates/ goes over /lib/modules/VERSION
# and makes those that stand in for Debian's, and bear the same names, the ones that are found. Where
# COMMAND, which the host will run, installs the Debian package, that is in build/package/.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
release=${1:?usage: compile.sh bookworm|trixie}
image=$("$here/image.sh" "$release")
work=${HOST_WORK:-$top/build/host}/$release

mkdir -p "$work/build"
exec 8< "$image" 9> "$work/compile.lock"
flock --shared 8
flock 9

# Modification times come along, or make would start from nothing each time.
rm -rf "$work/source"
mkdir "$work/source"
tar -C "$top" --exclude=./.git --exclude=./build -c . | tar -C "$work/source" -x

# It is compiled once more for the package, which the host can do without unless that is what it is about.
installs_package() {
    grep -qx "# Only on $release." "$here/scenarios/85-package.sh" || return
    case ${1:-} in
    tests/package/*) return 0 ;;
    */guest.sh) ;;
    *) return 1 ;;
    esac
    [ $# -gt 1 ] || return 0
    [[ " ${*:2} " =~ ' '(all|85|85-package|--from)' ' ]]
}

# shellcheck disable=SC2016
compile='
    make -j"$(nproc)" -C /mnt/source BUILD=/mnt/build
    mkdir -p /mnt/build/modules
    cp -pu /mnt/source/tests/host/modules/* /mnt/build/modules/
    for kernel in /lib/modules/*/build; do
        make -j"$(nproc)" -C "$kernel" M=/mnt/build/modules modules
    done
    cd /mnt/build
    new=$(find modules/i915.ko modules/kvmgt.ko -newer updates/modules.dep 2> /dev/null || echo yes)
    [ -n "$new" ] || exit 0
    # Inside the emulated host depmod would take 8 s.
    kernel=$(dirname /lib/modules/*/build)
    tree=/tmp$kernel
    mkdir -p "$tree/kernel" "$tree/updates"
    mount --bind "$kernel/kernel" "$tree/kernel"
    cp "$kernel"/modules.order "$kernel"/modules.builtin* "$tree"
    cp modules/i915.ko modules/kvmgt.ko "$tree/updates"
    depmod -b /tmp "${kernel##*/}"
    umount "$tree/kernel"
    rmdir "$tree/kernel"
    rm -rf updates
    cp -r "$tree" updates
'
if ! "$here/enter.sh" read-only "$image/root" "$work" "$compile" 8<&- 9>&- > "$work/compile.log" 2>&1; then
    cat "$work/compile.log" >&2
    echo "compile.sh: the project does not compile on $release, see above" >&2
    exit 1
fi
if installs_package "${@:2}" &&
    ! "$here/enter.sh" read-only "$image/root" "$work" '/mnt/source/tests/package/build.sh /mnt/source /mnt/build/package' \
        8<&- 9>&- >> "$work/compile.log" 2>&1; then
    echo "compile.sh: the package for $release cannot be made, see $work/build/package/log" >&2
fi
echo "$work"
