#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hostdevctl plan tells exactly what prepare does: asked before each prepare of the scenarios about
# prepare, in whatever state these have brought the host, and for every XML that they have.
set -uo pipefail

SIM=$(cd "$(dirname "$0")/.." && pwd)
# Those of which a prepare is the subject. faults.sh and histories.sh stop the hook themselves.
scenarios=(prepare-release conflicts failures journals messages variants vgpu mdev mdev-messages
    conf cpus hugepages)
copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT
count=0 failures=0 asked=0

# ok STATUS SENTENCE
ok() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else
        failures=$((failures + 1))
        echo "not ok $count - $2"
    fi
}

cat >"$copies/lib.sh" <<'END'
. "$LIB"
PLANS=/run/plans
eval "$(declare -f hook | sed '1s/hook/hook_alone/')"
eval "$(declare -f plan_done | sed '1s/plan_done/scenario_done/')"

# What a plan must not change.
traces() {
    cat /sys/.sim/log /sys/.sim/state
    find /run/hostdevctl -printf '%p %s %T@ %i\n' 2>&1 | sort
    wc -l </sim/kmsg
}

# The steps of VM $1's journal, without blanks.
steps_of() {
    local file
    file=$(grep -lF "\"domain\":\"$1\"," /run/hostdevctl/* 2>/dev/null | head -n 1)
    if [ -n "$file" ]; then sed -n 's/^{"steps":\[\(.*\)\]}$/\1/p' "$file" | tr -d ' '; fi
}

# The same of a plan: what is in "step" of each of its "steps".
planned() {
    sed -n '/^  "steps": \[/,/^  \]/p' "$1" | grep -E '^ {8}|^ {6}("step": \{|\})' |
        sed 's/^ *"step": {$/{/' | tr -d ' \n' | sed 's/}{/},{/g'
}

differ() {
    {
        echo "plan and prepare differ: $1"
        shift
        printf '%s\n' "$@"
        echo .
    } >>$PLANS/differences
}

# What no plan can know: how the hook is called, and what goes wrong when it is done.
is_unforeseeable() {
    grep -qE "than the one the hook was called for|is set aside as|No space left|mdevctl failed|there are no huge pages of|did not end in time|is still being created or removed" <<<"$1"
}

# compare NAME STATUS ERROR BEFORE: what the hook has done, with what was planned.
compare() {
    local got
    echo asked >>$PLANS/asked
    if [ "$2" -eq 0 ]; then
        got=$(steps_of "$1")
        [ "$plan_status" = 0 ] || { differ "refused what starts" "$(cat $PLANS/stderr)"; return; }
        grep -q '"incomplete": true' $PLANS/plan && return
        [ "$(planned $PLANS/plan)" = "$got" ] || differ steps "$(cat $PLANS/plan)" "prepare:" "$got"
    elif [ "$plan_status" = 0 ]; then
        # It failed while it acted.
        [ "$4" != "$(cat /sys/.sim/log)" ] || is_unforeseeable "$3" || differ "planned what is refused" "$3"
    elif [ "$3" != "$(cat $PLANS/stderr)" ]; then
        is_unforeseeable "$3" || differ sentence "$(cat $PLANS/stderr)" "prepare:" "$3"
    fi
}

# Beside another hook, prepare does what it finds by then. A failure that is counted is there for the
# hook, not for the plan.
is_foreseeable() {
    [ "$1" = prepare ] && [ "$BASHPID" = $$ ] && [ ! -e $PLANS/counted ] && ! compgen -G "$PLANS/beside.*" >/dev/null
}

control() {
    mkdir -p $PLANS
    case "$*" in
    *reset*) rm -f $PLANS/counted ;;
    *fail*[0-9]) : >$PLANS/counted ;;
    esac
    printf '%s\n' "$@" >/sys/.sim/control
}

# What workers of a hook that was killed are still at comes to its end, unless it never does.
wait_for_quiet() {
    local log='' tries=30
    until [ "$log" = "$(cat /sys/.sim/log)" ] && { ! pgrep -x 'qemu|hostdevctl-hook' >/dev/null || [ $tries -le 0 ]; }; do
        log=$(cat /sys/.sim/log) tries=$((tries - 1))
        sleep 0.1
    done
}

hook_beside() {
    local status
    mkdir -p $PLANS
    : >$PLANS/crowded
    if [ "$BASHPID" != $$ ]; then : >"$PLANS/beside.$BASHPID"; fi
    hook_alone "$@"
    status=$?
    rm -f "$PLANS/beside.$BASHPID"
    return $status
}

hook() {
    local before log xml
    if ! is_foreseeable "$2"; then
        hook_beside "$@"
        return
    fi
    mkdir -p $PLANS
    xml=$(mktemp)
    cat >"$xml"
    [ -e "$DAEMON.pid" ] || daemon_start
    cp "$DAEMON.pid" /run/libvirtd.pid
    rm -f $PLANS/crowded
    if [ -n "$(ls -A /run/hostdevctl 2>&1)" ]; then wait_for_quiet; fi
    before=$(traces)
    hostdevctl plan --json --xml "$xml" >$PLANS/plan 2>$PLANS/stderr
    plan_status=$?
    [ "$before" = "$(traces)" ] || [ -e $PLANS/crowded ] ||
        differ "the plan has touched something" "$(diff <(echo "$before") <(traces))"
    case $plan_status in 0 | 1) ;; *) differ "the plan ends with $plan_status" "$(cat $PLANS/stderr)" ;; esac
    hostdevctl plan --xml - <"$xml" >$PLANS/text 2>&1 || [ $plan_status -ne 0 ] ||
        differ "the text is not there" "$(cat $PLANS/text)"
    log=$(cat /sys/.sim/log)
    hook_alone "$@" <"$xml"
    [ -e $PLANS/crowded ] || compare "$1" "$hook_status" "$hook_stderr" "$log"
    return "$hook_status"
}

plan_done() {
    local text=
    while IFS= read -r line; do
        if [ "$line" = . ]; then
            fail "the plan is what prepare does" "$text"
            text=
        else
            text+=$line$'\n'
        fi
    done < <(cat $PLANS/differences 2>/dev/null)
    echo "# asked $(wc -l <$PLANS/asked)"
    scenario_done
}
END

for scenario in "${scenarios[@]}"; do
    sed "s|^\. \"\$(dirname \"\$0\")/../lib.sh\"|. $copies/lib.sh|" "$SIM/scenarios/$scenario.sh" >"$copies/$scenario.sh"
    LIB=$SIM/lib.sh bash "$copies/$scenario.sh" >"$copies/output" 2>&1
    status=$?
    if [ $status -eq 77 ]; then exit 77; fi
    ok $status "$scenario.sh: what plan says is what prepare does, and changes nothing"
    if [ $status -ne 0 ]; then grep -A 20 '^not ok' "$copies/output" | sed 's/^/# /'; fi
    asked=$((asked + $(sed -n 's/^# asked //p' "$copies/output" | awk '{ n += $1 } END { print n + 0 }')))
done
ok $((asked < 200)) "that was asked before each of some hundred prepares ($asked)"
echo "1..$count"
exit $((failures > 0))
