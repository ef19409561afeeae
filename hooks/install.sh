#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Puts the hook where libvirt looks for it, or takes it away again:
#
#     install.sh add|remove HOOKS-DIRECTORY PROGRAM
#
# PROGRAM is where the link points to on the running system. A hook of somebody else is never
# touched: libvirt (6.5 and later) also runs everything in qemu.d, so ours goes in there. What is done
# is said; nothing is said when there was nothing to do.
set -eu

action=$1
directory=$2
program=$3
link=$directory/qemu
drop_in=$directory/qemu.d/hostdevctl

# Also one that was installed with another PREFIX.
is_ours() {
    [ -L "$1" ] && [ "$(basename "$(readlink "$1")")" = "$(basename "$program")" ]
}

exists() {
    [ -e "$1" ] || [ -L "$1" ]
}

add() {
    mkdir -p "$directory"
    place=$link
    if exists "$link" && ! is_ours "$link"; then
        mkdir -p "$directory/qemu.d"
        place=$drop_in
    fi
    # ln replaces it by a rename: there is no moment without.
    if [ "$(readlink "$place")" = "$program" ]; then
        return
    fi
    ln -sfn "$program" "$place"
    if [ "$place" = "$drop_in" ]; then
        echo "$link is another program's and was left alone: installed as $drop_in (libvirt 6.5 and later run both)."
        return
    fi
    if is_ours "$drop_in"; then
        rm "$drop_in"
    fi
    echo "Installed as $link."
}

remove() {
    for path in "$link" "$drop_in"; do
        if is_ours "$path"; then
            rm "$path"
            echo "Removed $path."
        fi
    done
    rmdir "$directory/qemu.d" 2>/dev/null || true
}

case $action in
add | remove) "$action" ;;
*)
    echo "usage: install.sh add|remove HOOKS-DIRECTORY PROGRAM" >&2
    exit 2
    ;;
esac
