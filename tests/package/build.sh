#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes the Debian package twice, the second time of a higher version, as the distribution's own tools do
# it. Runs inside an emulated host's file tree (see tests/host/enter.sh).
#
#     build.sh SOURCE DIRECTORY
#
# DIRECTORY/first.deb and next.deb are there afterwards, and what the tools said in DIRECTORY/log. What has
# been compiled stays in DIRECTORY/objects.
set -eu

source=${1:?usage: build.sh SOURCE DIRECTORY}
directory=${2:?usage: build.sh SOURCE DIRECTORY}

# What tests need does not go into a package.
is_new() {
    [ -z "$(find "$source" -path "$source/tests" -prune -o -type f -newer "$directory/next.deb" -print 2>&1)" ]
}

make_package() {
    cd "$directory"
    rm -rf tree ./*.deb
    mkdir tree
    # Modification times come along, or make would start from nothing each time.
    tar -C "$source" -c . | tar -C tree -x
    cd tree
    # g++, which Debian expects wherever something is built, is not there.
    BUILD="$directory/objects" DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc)" \
        dpkg-buildpackage -b -nc -us -uc --ignore-builtin-builddeps
    cd ..
    mv hostdevctl_*.deb first.deb

    rm -rf tree hostdevctl_*
    dpkg-deb -R first.deb tree
    sed -i 's/^Version: .*/&+next/' tree/DEBIAN/control
    dpkg-deb --root-owner-group -b tree next.deb
    rm -rf tree
}

mkdir -p "$directory"
if ! is_new; then
    # Not in a condition, where nothing would end it.
    (
        set -e
        make_package
    ) > "$directory/log" 2>&1
fi
