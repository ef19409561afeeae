#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what building and testing need and this machine lacks, by the distribution's own package
# manager; does nothing, quickly, when all is there. sudo is used only where it must be.
#
#     deps.sh [build]        with `build`, only what building needs
set -euo pipefail

# What is needed: a command, a pkg-config module (pc:NAME), libFuzzer for a compiler (fuzzer:NAME) or
# a file; then its package for apt, dnf and pacman; `-`: that one has none, and what is tested with
# it is left out.
build_needs="
gcc                     gcc                     gcc                     gcc
make                    make                    make                    make
pkg-config              pkg-config              pkgconf-pkg-config      pkgconf
/usr/include/stdio.h    libc6-dev               glibc-devel             glibc
pc:libxml-2.0           libxml2-dev             libxml2-devel           libxml2
pc:inih                 libinih-dev             inih-devel              libinih
pc:json-c               libjson-c-dev           json-c-devel            json-c
pc:libkmod              libkmod-dev             kmod-devel              kmod
pc:libudev              libudev-dev             systemd-devel           systemd-libs
pc:libsystemd           libsystemd-dev          systemd-devel           systemd-libs
pc:libvirt              libvirt-dev             libvirt-devel           libvirt
"
test_needs="
pc:cmocka               libcmocka-dev           libcmocka-devel         cmocka
pc:fuse3                libfuse3-dev            fuse3-devel             fuse3
pc:libseccomp           libseccomp-dev          libseccomp-devel        libseccomp
busctl                  systemd                 systemd                 systemd
fusermount3             fuse3                   fuse3                   fuse3
depmod                  kmod                    kmod                    kmod
xmllint                 libxml2-utils           libxml2                 libxml2
mdevctl                 mdevctl                 mdevctl                 -
driverctl               driverctl               driverctl               -
unshare                 util-linux              util-linux              util-linux
git                     git                     git                     git
valgrind                valgrind                valgrind                valgrind
clang                   clang                   clang                   clang
fuzzer:clang            libclang-rt-dev         compiler-rt             compiler-rt
clang-format            clang-format            clang-tools-extra       clang
clang-tidy              clang-tidy              clang-tools-extra       clang
cppcheck                cppcheck                cppcheck                cppcheck
shellcheck              shellcheck              ShellCheck              shellcheck
mmdebstrap              mmdebstrap              mmdebstrap              mmdebstrap
newuidmap               uidmap                  shadow-utils            shadow
fakeroot                fakeroot                fakeroot                fakeroot
qemu-system-x86_64      qemu-system-x86         qemu-system-x86-core    qemu-system-x86
mandoc                  mandoc                  mandoc                  mandoc
lintian                 lintian                 -                       -
fish                    fish                    fish                    fish
zsh                     zsh                     zsh                     zsh
mke2fs                  e2fsprogs               e2fsprogs               e2fsprogs
/usr/lib/udev/hwdb.bin  udev                    systemd-udev            systemd
/usr/share/keyrings/debian-archive-keyring.gpg  debian-archive-keyring  debian-keyring  debian-archive-keyring
"

# Its name differs between releases of clang, its directory too.
has_fuzzer() {
    local runtime
    runtime=$("$1" -print-resource-dir 2>/dev/null) &&
        [ -n "$(find "$runtime/lib" -name 'libclang_rt.fuzzer*.a' -print -quit 2>/dev/null)" ]
}

there() {
    case $1 in
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    fuzzer:*) has_fuzzer "${1#fuzzer:}" ;;
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] ;;
    esac
}

manager() {
    local name
    for name in apt-get dnf pacman; do
        if command -v "$name" >/dev/null; then
            echo "$name"
            return
        fi
    done
    echo none
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_packages() {
    case $1 in
    apt-get)
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends "${@:2}"
        ;;
    dnf) as_root dnf install -y "${@:2}" ;;
    pacman) as_root pacman -S --needed --noconfirm "${@:2}" ;;
    esac
}

needs=$build_needs
if [ "${1:-}" != build ]; then
    needs+=$test_needs
fi
manager=$(manager)
lacking=() packages=()
while read -r need apt dnf pacman; do
    if [ -z "$need" ] || there "$need"; then
        continue
    fi
    case $manager in
    apt-get) package=$apt ;;
    dnf) package=$dnf ;;
    pacman) package=$pacman ;;
    none) package= ;;
    esac
    if [ "$package" = - ]; then
        continue
    fi
    lacking+=("${need#pc:}")
    packages+=("$package")
done <<<"$needs"

if [ ${#lacking[@]} -eq 0 ]; then
    exit 0
fi
if [ "$manager" = none ]; then
    echo "Please install, by your distribution's means: ${lacking[*]}" >&2
    exit 1
fi
echo "Installing what is missing: ${packages[*]}"
install_packages "$manager" "${packages[@]}"
