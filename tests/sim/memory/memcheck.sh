#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook, and each of its workers, makes no memory error and leaks nothing, as valgrind sees it;
# on the way to success and on the ways to a refusal.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
machine desktop variant

UUID=db10f5f6-0546-4c1c-96c7-1ffe204ae6ce
boot=$(state)

# clean SENTENCE STATUS NAME OPERATION SUBOPERATION <XML: the hook ends with that status, and nothing
# is found. What libraries keep for their whole life is theirs, and reachable.
clean() {
    local sentence=$1 expected=$2 status
    shift 2
    valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect \
        --errors-for-leak-kinds=definite,indirect --trace-children=no --child-silent-after-fork=no \
        --log-file=/run/valgrind.%p /usr/sbin/hostdevctl-hook "$@" - 2>/dev/null
    status=$?
    same "$sentence: exit" "$expected" "$status"
    same "$sentence: nothing found" "" "$(cat /run/valgrind.*)"
    rm -f /run/valgrind.*
}

case $MACHINE in
desktop)
    domain_xml win10 $UUID 0000:01:00.0 0000:01:00.1 >/tmp/vm.xml
    domain_xml win10 $UUID 0000:01:00.0 >/tmp/refused.xml
    domain_xml other $UUID 0000:01:00.0 0000:01:00.1 >/tmp/other.xml
    mkdir -p /etc/hostdevctl/domains
    clean "prepare" 0 win10 prepare begin </tmp/vm.xml
    clean "a second VM" 1 other prepare begin </tmp/other.xml
    clean "reconnect" 0 win10 reconnect begin </tmp/vm.xml
    clean "release" 0 win10 release end </tmp/vm.xml
    clean "a refusal with names" 1 win10 prepare begin </tmp/refused.xml
    clean "malformed XML" 1 win10 prepare begin <<<"<domain><devices>"
    control "fail bind:vfio-pci 0000:01:00.1 EIO"
    clean "a failure that is rolled back" 1 win10 prepare begin </tmp/vm.xml
    control reset
    conf domains/win10.conf <<<$'[devices]\ntimeout = never'
    clean "a bad file" 1 win10 prepare begin </tmp/vm.xml
    conf domains/win10.conf <<<$'[devices]\niommu-group = bind\n[device 0000:01:00.0]\nid = 10de:13c2'
    clean "a good file" 0 win10 prepare begin </tmp/refused.xml
    echo '{"half":' >>/run/hostdevctl/win10
    clean "a journal with garbage at its end" 1 win10 release end </dev/null
    # It was set aside; the admin mends it.
    mv /run/hostdevctl/.damaged-win10 /run/hostdevctl/win10
    sed -i '$d' /run/hostdevctl/win10
    clean "and without" 0 win10 release end </dev/null
    ;;
variant)
    domain_xml win10 $UUID 0000:41:00.2 0009:01:00.0 >/tmp/vm.xml
    clean "modules" 0 win10 prepare begin </tmp/vm.xml
    clean "release after modules" 0 win10 release end </tmp/vm.xml
    ;;
esac
same "the host is as before" "$boot" "$(state)"
plan_done
