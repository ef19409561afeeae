# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Numbers the lines of TAP that come out of emulated hosts.
count=0 failed=0
# The scenario that was announced last, for those who ask.
# shellcheck disable=SC2034
scenario=

# One TAP line, numbered.
number() {
    count=$((count + 1))
    case $1 in
    ok*) echo "ok $count${1#ok}" ;;
    *)
        failed=$((failed + 1))
        echo "not ok $count${1#not ok}"
        ;;
    esac
}

# A stream of them on stdin; everything else becomes a diagnostic.
number_all() {
    local line
    while IFS= read -r line; do
        case $line in
        'ok '* | 'not ok '*) number "$line" ;;
        '# scenario '*)
            # shellcheck disable=SC2034
            scenario=${line#\# scenario }
            echo "$line"
            ;;
        '#'*) echo "$line" ;;
        *) echo "# $line" ;;
        esac
    done
}
