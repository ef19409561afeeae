#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Debian package, made and installed in an emulated host's file tree without booting that, and prints
# TAP. What it does for VMs is in tests/host/scenarios/85-package.sh.
#
#     package.sh [bookworm|trixie]        without: the release of that scenario
#
# Exit 77: skipped, for the reason on stderr.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
host=$here/../host
# shellcheck source=tests/host/number.sh
. "$host/number.sh"
release=${1:-$(sed -n 's/^# Only on \(.*\)\.$/\1/p' "$host/scenarios/85-package.sh")}

image=$("$host/image.sh" "$release")
work=$("$host/compile.sh" "$release" tests/package/package.sh)
exec 8< "$image"
flock --shared 8

scratch=$(mktemp -d "${TMPDIR:-/tmp}/hostdevctl-package-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/host/tap.sh
. "$host/tap.sh"

# What lintian calls a warning is one here.
# shellcheck disable=SC2317
is_clean() {
    lintian --fail-on warning,error "$work/build/package/first.deb"
}

versions() {
    sed -n '1s/.*(\(.*\)).*/\1/p' "$here/../../debian/changelog"
    sed -n 's/^Version: *//p' "$here/../../packaging/hostdevctl.spec"
    sed -n 's/^pkgver=//p' "$here/../../packaging/arch/PKGBUILD"
}

run() {
    check 'the package is made' test -e "$work/build/package/next.deb"
    [ -e "$work/build/package/next.deb" ] || {
        diagnose < "$work/build/package/log"
        return
    }
    if command -v lintian > /dev/null; then
        check 'lintian has nothing against it' is_clean
    fi
    version=$(sed -n 's/.*HOSTDEVCTL_VERSION "\(.*\)".*/\1/p' "$here/../../admin/version.h")
    same 'packages of all distributions have the version of the program' "$version $version $version" \
        "$(versions | xargs)"
    "$host/enter.sh" scratch "$image/root" "$work" '/mnt/source/tests/package/installed.sh /mnt/build/package'
}

number_all < <(run || echo "not ok - it runs to its end")
echo "1..$count"
exit $((failed > 0))
