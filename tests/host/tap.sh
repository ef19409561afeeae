# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# TAP, and conditions to be checked, for what runs in an emulated host and for what looks at one from
# outside. $scratch is a directory of the caller's.
#
# Lines of TAP carry no numbers; see number.sh.
: "${scratch:?}"

# No condition here takes longer unless it never comes.
patience=60

# --- TAP ---

# stdin becomes diagnostics.
diagnose() {
    sed 's/^/#   /'
}

# check SENTENCE COMMAND...: the promise holds if the command succeeds.
check() {
    local sentence=$1
    shift
    if "$@" > "$scratch/output" 2>&1; then
        echo "ok - $sentence"
    else
        echo "not ok - $sentence"
        echo "#   $*" | head -n 1
        diagnose < "$scratch/output"
    fi
}

# same SENTENCE EXPECTED ACTUAL
same() {
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        # It exits with 1, and a scenario goes on.
        { diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") || true; } |
            sed -n 's/^</expected:/p; s/^>/actual:  /p' | diagnose
    fi
}

# --- conditions, to be used with check, wait_for and each other ---

fails() {
    ! "$@"
}

# says TEXT WORD...: every word is in the text.
says() {
    local text=$1 word
    shift
    for word in "$@"; do
        if [[ $text != *"$word"* ]]; then
            printf '"%s" is not in:\n%s\n' "$word" "$text"
            return 1
        fi
    done
}

# wait_for COMMAND...: until it succeeds, within $patience seconds. The shell has expanded COMMAND by
# then: a pattern in it is not looked for again.
wait_for() {
    local deadline=$((SECONDS + patience))
    until "$@" > "$scratch/wait" 2>&1; do
        if [ $SECONDS -ge $deadline ]; then
            echo "not within $patience seconds: $*"
            cat "$scratch/wait"
            return 1
        fi
        sleep 0.2
    done
}
