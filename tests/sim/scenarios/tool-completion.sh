#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What bash completes for hostdevctl: all verbs and options there are, and the names of things.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine mtty

# virsh of a host with two VMs, one of them with a name that has to be quoted.
mkdir -p /tmp/bin
cat >/tmp/bin/virsh <<'END'
#!/bin/sh
[ "$*" = '--quiet --readonly --connect qemu:///system list --all --name' ] && printf 'win10\nwin 11\n\n'
END
chmod 755 /tmp/bin/virsh
PATH=/tmp/bin:$PATH
# shellcheck source=/dev/null
. /usr/share/bash-completion/completions/hostdevctl

# completed LINE: what is offered at its end, in one line.
completed() {
    COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
    _hostdevctl
    echo "${COMPREPLY[*]}"
}

# offers LINE WORD...
offers() {
    local line=$1
    shift
    same "'$line' offers: $*" "$*" "$(completed "$line")"
}

# Verbs and options as a reader of --help finds them.
verbs_of() {
    hostdevctl "$@" --help | awk '/^Usage: .* VERB \.\.\.$/ { verbs = 1 }
        verbs && /^  [a-z]/ { print $1 }'
}

options_of() {
    hostdevctl "$@" --help | awk '/^Usage:/ || /^  --/ { while (match($0, /--[a-z-]+/)) {
        if (!/^  --/ || RSTART == 3) print substr($0, RSTART, RLENGTH)
        $0 = "." substr($0, RSTART + RLENGTH) } }'
}

# all_of VERB...: the same for the verbs below it.
all_of() {
    local verbs verb
    verbs=$(verbs_of "$@")
    if [ -n "$verbs" ]; then
        same "all verbs of 'hostdevctl $*' are completed" \
            "$( (printf '%s\n' "$verbs" --help && [ $# -gt 0 ] || echo --version) | sort | paste -sd ' ')" \
            "$(completed "hostdevctl $*${*:+ }")"
        for verb in $verbs; do all_of "$@" "$verb"; done
    else
        same "all options of 'hostdevctl $*' are" "$( (options_of "$@" && echo --help) | sort -u | paste -sd ' ')" \
            "$(completed "hostdevctl $* --")"
    fi
}

all_of
check 'these are more than a few' test "$tests" -gt 8
offers 'hostdevctl ro' rom
offers 'hostdevctl early re' remove
offers 'hostdevctl early add --by ' address id path serial
offers 'hostdevctl early add --by s' serial
offers 'hostdevctl early add --with slot --b' --boot-display --by
offers 'hostdevctl rom ' 0000:00:00.0
# What is in front of a colon is not repeated.
offers 'hostdevctl rom 0000:0' 00:00.0
offers 'hostdevctl rom 00:' 00.0
offers 'hostdevctl rom 00' 0000:00:00.0 00:00.0
offers 'hostdevctl rom --save /sim/mach' /sim/machine
offers 'hostdevctl mdev types ' mtty
offers 'hostdevctl mdev types --json m' mtty
offers 'hostdevctl plan ' 'win10 win\ 11'
offers 'hostdevctl plan --xml /sim/mach' /sim/machine
offers 'hostdevctl early update ' --help
COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}
offers 'hostdevctl rom 0000:0' 0000:00:00.0

plan_done
