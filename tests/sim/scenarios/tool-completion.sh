#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What bash completes for hostdevctl: all verbs and options there are, and the names of things.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine mtty desktop

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

# completed LINE [REST]: what is offered at its end, in one line, with REST behind the cursor.
completed() {
    COMP_LINE=$1${2-} COMP_POINT=${#1} COMPREPLY=()
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

if [ "$MACHINE" = desktop ]; then
    offers 'hostdevctl list --group 1' 1 10 11
    plan_done
fi

all_of
check 'these are more than a few' test "$tests" -gt 8
offers 'hostdevctl ro' rom
offers 'hostdevctl early re' remove
same 'what is behind the cursor does not count' rom "$(completed 'hostdevctl ro' 'ck 01:00.0')"
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

# ---- other shells ------------------------------------------------------------------------------

# fish_offers LINE WORD...: the same of fish.
fish_offers() {
    local line=$1
    shift
    same "in fish '$line' offers: $*" "$(printf '%s\n' "$@" | sort | paste -sd ' ')" \
        "$(fish --no-config -c "source /usr/share/fish/vendor_completions.d/hostdevctl.fish
            complete -C '$line'" | cut -f 1 | sort | paste -sd ' ')"
}

if command -v fish >/dev/null; then
    # shellcheck disable=SC2046
    fish_offers 'hostdevctl ' $(verbs_of) --help
    # shellcheck disable=SC2046
    fish_offers 'hostdevctl early ' $(verbs_of early) --help
    # shellcheck disable=SC2046
    fish_offers 'hostdevctl early add --' $(options_of early add | sort -u) --help
    fish_offers 'hostdevctl early add --by ' address id path serial
    fish_offers 'hostdevctl rom 00' 0000:00:00.0
    fish_offers 'hostdevctl mdev types m' mtty
    fish_offers 'hostdevctl plan w' win10 'win 11'
else
    skip 'fish offers the same' 'fish is not installed'
fi
if command -v zsh >/dev/null; then
    check 'zsh understands what is written for it' zsh -n /usr/share/zsh/site-functions/_hostdevctl
else
    skip 'zsh understands what is written for it' 'zsh is not installed'
fi

plan_done
