#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual: well-formed, and true of what is installed.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317
. "$(dirname "$0")/../lib.sh"
machine twins

manual=/usr/share/man
pages=("$manual/man8/hostdevctl.8" "$manual/man8/hostdevctl-hook.8"
    "$manual/man5/hostdevctl.conf.5" "$manual/man5/hostdevctl-early.d.5")

# Without blanks: where lines are broken does not matter.
letters() {
    tr -d ' \t\n'
}

text_of() {
    mandoc -T ascii "$1" | col -b | letters
}

# What refers to a page that is not installed here, and names of sections that end in a bracket, are
# meant.
lint() {
    mandoc -T lint -W style "$1" 2>&1 | grep -v 'referenced manual not found\|STYLE: trailing delimiter: Ss \[\|^mandoc: outdated'
}

for page in "${pages[@]}"; do
    same "${page##*/} is well-formed" '' "$(lint "$page")"
    check_fails "${page##*/} knows where its files are" grep -q '@' <(grep -o '@[A-Z]*@' "$page")
    check_fails "an option can be copied from ${page##*/}" grep -n '^[^.].*--[a-z]' "$page"
    for section in 'FILES' 'EXAMPLES' 'SEE ALSO'; do
        check "${page##*/} has $section" grep -qx ".Sh $section" "$page"
    done
done
for page in "${pages[@]:0:2}"; do check "${page##*/} has EXIT STATUS" grep -qx '.Sh EXIT STATUS' "$page"; done

# ---- verbs -------------------------------------------------------------------------------------

tool=$(text_of "${pages[0]}")

# documented VERB...: each line of its help is in the manual, and of those below it.
documented() {
    local help line verb missing=
    help=$(hostdevctl "$@" --help)
    if [[ $help == *' VERB ...'$'\n'* ]]; then
        while read -r verb; do documented "$@" "$verb"; done < <(awk '/^  [a-z]/ { print $1 }' <<<"$help")
        return
    fi
    while IFS= read -r line; do
        line=$(letters <<<"${line#Usage: hostdevctl }")
        if [ -n "$line" ] && [[ $tool != *"$line"* ]]; then missing+=$line$'\n'; fi
    done <<<"$help"
    same "what --help says of '$*' is in the manual" '' "$missing"
}

documented
check 'there are more than a few verbs' test "$tests" -gt 25
check 'the list of verbs fits a screen' \
    awk 'length > 80 || NR > 24 { bad = 1 } END { exit bad || NR < 10 }' <(hostdevctl --help)

# ---- keys --------------------------------------------------------------------------------------

# The keys in the sources: rows of tables, and names that are compared.
keys() {
    sed -nE 's/^    \{"([a-z.-]+)", set_.*/\1/p; s/.*str(n?)cmp\(name, "([a-z.-]+)".*/\2/p' "$@" | sort -u
}

# The keys that a page has an entry for.
entries() {
    sed -nE 's/^\.It Cm (.*)/\1/p' "$1" | sed 's/ No =.*//; s/ Ns .*//; s/ , /\n/g; s/\\&//g' | sort -u
}

same 'every key of the configuration is in hostdevctl.conf(5), and nothing else' \
    "$(keys "$SOURCE"/src/policy-*.c)" "$(entries "${pages[2]}")"
same 'every key of early.d is in hostdevctl-early.d(5), and nothing else' \
    "$(keys "$SOURCE"/udev/early-settings.c)" "$(entries "${pages[3]}")"
check 'these are some' test "$(entries "${pages[2]}" | wc -l)" -gt 15

# ---- examples ----------------------------------------------------------------------------------

# The first example of a file.
example() {
    awk '/^\.Sh EXAMPLES/ { on = 1 } on && /^\.Ed/ { exit } on && shown { print } on && /^\.Bd/ { shown = 1 }' "$1"
}

example "${pages[2]}" | conf domains/win10.conf
domain_xml win10 7a52f0d2-3a47-41e5-9b02-5b5d0b7f5a11 >/run/vm.xml
sed -i '/^pin\|^isolate\|^irq/d' /etc/hostdevctl/domains/win10.conf
check 'a VM starts with the example of hostdevctl.conf(5)' start_vm /run/vm.xml win10
stop_vm /run/vm.xml win10
example "${pages[3]}" | conf early.d/vms.conf
check 'the example of hostdevctl-early.d(5) is read' hostdevctl early list
contains 'both of its sections' 'serial 00-25-38-5b-71-b0-ab-27' "$(hostdevctl early list)"

plan_done
