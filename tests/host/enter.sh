#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs a shell command natively inside an emulated host's file tree.
#
#     enter.sh read-only|scratch TREE WORK COMMAND
#
# What the command does must not reach the tree, which is the twin of the host's disk: there it is
# read-only, or what is written goes with the command. WORK/source (read-only) and WORK/build are under
# /mnt in there. Not being root, one becomes root of a user namespace.
set -euo pipefail

userns=()
if [ "$(id -u)" -ne 0 ]; then
    userns=(--map-root-user)
fi
# shellcheck disable=SC2016
enter='
    mode=$1 root=$2 work=$3
    if [ "$mode" = scratch ]; then
        mount -t tmpfs -o mode=755 none "$root/mnt"
        mkdir "$root"/mnt/{upper,work,root}
        options=lowerdir=$root,upperdir=$root/mnt/upper,workdir=$root/mnt/work
        mount -t overlay -o "$options" none "$root/mnt/root" ||
            mount -t overlay -o "$options,userxattr" none "$root/mnt/root"
        root=$root/mnt/root
    else
        mount --rbind "$root" "$root"
        mount -o remount,bind,ro "$root"
    fi
    for dir in dev tmp mnt; do
        # Not world-writable as is usual: in such a place the kernel lets nobody open the devices of
        # somebody else for writing, as "> /dev/null" does.
        mount -t tmpfs -o mode=755 none "$root/$dir"
    done
    mkdir "$root/mnt/source" "$root/mnt/build"
    touch "$root/dev/null"
    mount --bind /dev/null "$root/dev/null"
    ln -s /proc/self/fd "$root/dev/fd"
    mount --rbind /proc "$root/proc"
    mount --bind "$work/source" "$root/mnt/source"
    mount -o remount,bind,ro "$root/mnt/source"
    mount --bind "$work/build" "$root/mnt/build"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C.UTF-8 \
        chroot "$root" /bin/sh -euc "$4"
'
exec unshare "${userns[@]}" --mount bash -euc "$enter" bash "$@"
