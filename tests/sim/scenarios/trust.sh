#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whoever calls the hook, however odd, and whatever lies where its files are: root is not led to do
# anything but what the hook is for, and it does that with no more power than it takes.
# Functions are called by name, and Perl has its own variables.
# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2317,SC2016
. "$(dirname "$0")/../lib.sh"
machine dl360

HOOK=/etc/libvirt/hooks/qemu
UUID=aaaaaaaa-0546-4c1c-96c7-1ffe204ae6ce
DRIVE=0000:05:00.0
RUN=/run/hostdevctl
boot=$(state)
domain_xml win10 $UUID $DRIVE >/tmp/vm.xml

as_before() {
    same "$1: the host is as before" "$boot" "$(state)"
    same "$1: no journal is left" "" "$(find $RUN -mindepth 1 2>/dev/null)"
}

# lives SENTENCE COMMAND...: the hook, run through COMMAND, takes the drive and gives it back.
lives() {
    local sentence=$1 said
    shift
    said=$("$@" $HOOK win10 prepare begin - </tmp/vm.xml 2>&1)
    same "$sentence takes the drive, silently" "0 vfio-pci " "$? $(driver_of $DRIVE) $said"
    said=$("$@" $HOOK win10 release end - </tmp/vm.xml 2>&1)
    same "$sentence gives it back, silently" "0 nvme " "$? $(driver_of $DRIVE) $said"
    as_before "$sentence"
}

# ---- what it may do -------------------------------------------------------------------------

# In the middle of a life: a worker sits in a slow write, and the hook waits for it.
control "hang unbind $DRIVE"
: >/run/mine
perl -e '
    use POSIX;
    open(my $file, "<", "/run/mine") or die;
    POSIX::dup2(fileno($file), $_) for 20 .. 400;
    sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM, SIGCHLD, SIGUSR1, SIGALRM));
    $SIG{CHLD} = $SIG{PIPE} = "IGNORE";
    umask 0;
    exec @ARGV' $HOOK win10 prepare begin - </tmp/vm.xml 2>/run/said &
hook=$!
is_at_work() { journal | grep -q "^unbind $DRIVE"; }
wait_until is_at_work
worker=$(pgrep -P "$hook")
status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

# DAC_OVERRIDE, SYS_MODULE, SYS_PTRACE, SYS_ADMIN, SYS_NICE: as far as this world has them.
needed=$((1 << 1 | 1 << 16 | 1 << 19 | 1 << 21 | 1 << 23))
expected=$(printf '%016x' $((needed & 0x$(status_of $$ CapEff))))
same 'the hook has the capabilities that it needs, and no more' "$expected" "$(status_of "$hook" CapEff)"
same 'and so have its workers' "$expected" "$(status_of "$worker" CapEff)"
same 'a program that they start may have all' "$(status_of $$ CapBnd)" "$(status_of "$worker" CapBnd)"
same 'no signal is blocked in the hook' 0000000000000000 "$(status_of "$hook" SigBlk)"
same 'nor in a worker' 0000000000000000 "$(status_of "$worker" SigBlk)"
same 'a broken pipe is ignored, and the end of a child is not' $((1 << 12)) \
    $((0x$(status_of "$hook" SigIgn) & (1 << 12 | 1 << 16)))
same 'the hook has none of the descriptors of its caller' '' "$(find "/proc/$hook/fd" -lname /run/mine)"
same 'nor has a worker' '' "$(find "/proc/$worker/fd" -lname /run/mine)"
same 'it is not where its caller was' / "$(readlink "/proc/$hook/cwd")"
same 'journals are for root alone, whatever the umask' 600 "$(stat -c %a $RUN/win10)"
control "release $DRIVE"
wait "$hook"
same 'and the hook does its work' "0 vfio-pci" "$? $(driver_of $DRIVE)$(cat /run/said)"
control reset
hook win10 release end </tmp/vm.xml
as_before 'an odd caller'

# ---- what it inherits -----------------------------------------------------------------------

with_umask() { (umask "$1" && shift && "$@"); }
lives 'with umask 0777 it' with_umask 0777
lives 'with umask 0 it' with_umask 0
lives 'with all signals ignored it' perl -e '$SIG{$_} = "IGNORE" for qw(HUP INT QUIT TERM CHLD PIPE ALRM USR1 USR2); exec @ARGV'
lives 'with all signals blocked it' perl -e 'use POSIX; my $all = POSIX::SigSet->new; $all->fillset; sigprocmask(SIG_BLOCK, $all); exec @ARGV'
in_a_gone_directory() { (mkdir /tmp/gone && cd /tmp/gone && rmdir /tmp/gone && "$@"); }
lives 'in a directory that is gone it' in_a_gone_directory
lives 'with a hostile environment it' env 'GLIBC_TUNABLES=glibc.malloc.check=3' MALLOC_PERTURB_=85 \
    XML_CATALOG_FILES=/nowhere LIBXML_DEBUG=1 JSON_C=1 PATH=. HOME=/nowhere 'BASH_FUNC_x%%=() { :; }' \
    DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere NOTIFY_SOCKET=/nowhere KMOD_DEBUG=1 'IFS=/' LANG=xx_XX
lives 'at the lowest priority it' nice -n 19
lives 'with few descriptors allowed it' prlimit --nofile=16

# A sanitized program takes terabytes of addresses.
little() { prlimit --as="$1" "${@:2}"; }
if ! little 150000000 $HOOK win10 unknown begin - 2>/dev/null; then
    little() { "${@:2}"; }
    echo '# this program does not run with 150 MB: it gets what it wants'
fi

# Memory that is not there is told, or the program does not even come to run.
wrong=
for ((memory = 3; memory <= 60; memory += 3)); do
    little $((memory * 1000000)) $HOOK win10 prepare begin - </tmp/vm.xml 2>/run/said
    status=$?
    case $status in
    0) [ ! -s /run/said ] || wrong+="$memory: $(cat /run/said) " ;;
    1 | 127) [ -s /run/said ] || wrong+="$memory: failed silently " ;;
    # Killed by the loader or the kernel before main().
    *) [ "$memory" -lt 15 ] || wrong+="$memory: $status " ;;
    esac
    hook win10 release end </tmp/vm.xml
    [ "$boot" = "$(state)" ] || wrong+="$memory: not as before "
done
same 'with little memory it works, or says why not' '' "$wrong"
same 'with enough of it it works' 0 "$status"
as_before 'with little memory'

# ---- how it is called -----------------------------------------------------------------------

same 'without even its own name it says what it is' 1 \
    "$(perl -e 'exec { $ARGV[0] } ()' $HOOK </dev/null 2>&1 | grep -c "libvirt's hook for QEMU")"
for arguments in '' 'win10' 'win10 migrate begin -' 'win10 restore begin -' 'win10 PREPARE begin -' 'win10 prepare-x'; do
    # The words are meant to be split.
    # shellcheck disable=SC2086
    $HOOK $arguments </tmp/vm.xml >/run/said 2>&1
    status=$?
    case $arguments in
    *' '*) same "called with ($arguments) it does nothing" "0 " "$status $(cat /run/said)" ;;
    *) same "called with ($arguments) it says how it is called" 1 $status ;;
    esac
done
as_before 'what it does not know'
mapfile -t many < <(seq 20000)
same 'more arguments than there are do no harm' 0 "$($HOOK win10 release end - "${many[@]}" </tmp/vm.xml >/dev/null 2>&1; echo $?)"

# A name that no XML can have.
for name in $'\xff\xfe' $'a\x01b' $'\x1b[2J' $'a\rb' $'\xc3'; do
    domain_xml "$name" $UUID $DRIVE >/tmp/odd.xml
    said=$($HOOK "$name" prepare begin - </tmp/odd.xml 2>&1)
    status=$?
    same "a name that is not text ($(printf '%q' "$name")) is refused, or taken as it is" true "$([ $status -le 1 ] && echo true)"
    same 'what is said of it can be printed' '' "$(LC_ALL=C tr -d '\n -~' <<<"$said")"
    syslog >/run/logged 2>&1
    same 'and logged' '' "$(LC_ALL=C grep -a '[[:cntrl:]]' /sim/syslog)"
    $HOOK "$name" release end - </tmp/odd.xml 2>/dev/null
    as_before 'such a name'
done

# ---- what it is sent ------------------------------------------------------------------------

# For 100 MiB it needs no more room than for what it takes.
sent() {
    echo '<domain><name>'
    head -c 104857600 /dev/zero | tr '\0' x
    echo '</name></domain>'
}
begun=$(now)
said=$(sent 2>/dev/null | little 150000000 $HOOK win10 prepare begin - 2>&1)
same '100 MiB of XML are refused' 'hostdevctl: the domain XML is larger than 16 MiB: refused' "$said"
same 'at once' true "$([ $(($(now) - begun)) -lt 5000000 ] && echo true)"
{
    echo '<!DOCTYPE d [<!ENTITY a0 "ha">'
    for i in {1..40}; do echo "<!ENTITY a$i \"&a$((i - 1));&a$((i - 1));\">"; done
    echo ']><domain><name>&a40;</name></domain>'
} >/tmp/bomb.xml
begun=$(now)
said=$(little 150000000 $HOOK win10 prepare begin - </tmp/bomb.xml 2>&1)
contains 'entities that multiply are refused' 'hostdevctl: the domain XML ' "$said"
same 'at once, too' true "$([ $(($(now) - begun)) -lt 2000000 ] && echo true)"
echo root-only-secret >/run/secret
printf '%s\n' '<!DOCTYPE d [<!ENTITY f SYSTEM "file:///run/secret">]><domain><name>&f;</name></domain>' >/tmp/bomb.xml
said=$($HOOK win10 prepare begin - </tmp/bomb.xml 2>&1)
same 'no file is read for an entity' '' "$(grep secret <<<"$said")"
head -c 1000000 /dev/zero | tr '\0' '<' >/tmp/bomb.xml
contains 'a million brackets are not well-formed' 'not well-formed' "$($HOOK win10 prepare begin - </tmp/bomb.xml 2>&1)"
as_before 'all that'

# ---- what lies in /run ----------------------------------------------------------------------

# refused SENTENCE PART
refused() {
    hook win10 prepare begin </tmp/vm.xml
    same "$1: the VM does not start" 1 "$hook_status"
    contains "$1: that is said" "$2" "$hook_stderr"
    same "$1: nothing is touched" "$boot" "$(state)"
}

rm -rf $RUN
mkdir -p /run/elsewhere
ln -s /run/elsewhere $RUN
refused 'a link in place of the directory' "$RUN cannot be opened"
same 'nothing is written behind it' '' "$(ls -A /run/elsewhere)"
rm $RUN
mkdir -m 0777 $RUN
refused 'a directory that others may write' "$RUN"
chmod 0700 $RUN
if chown 65534 $RUN 2>/dev/null; then
    refused 'a directory of another user' "$RUN"
    chown 0 $RUN
fi

# A journal that is none. `kept` is what a link would lead to.
hook win10 prepare begin </tmp/vm.xml
cp $RUN/win10 /run/kept
hook win10 release end </tmp/vm.xml
sum=$(sha256sum </run/kept)
hook win10 prepare begin </tmp/vm.xml
mv $RUN/win10 /run/mine
ln -s /run/kept $RUN/win10
hook win10 release end </tmp/vm.xml
same 'a link in place of the journal is not followed' "vfio-pci $sum" "$(driver_of $DRIVE) $(sha256sum </run/kept)"
rm -f $RUN/win10 $RUN/.damaged-win10
mkfifo $RUN/win10
begun=$(now)
hook win10 release end </tmp/vm.xml
same 'a FIFO is not waited for' true "$([ $(($(now) - begun)) -lt 5000000 ] && echo true)"
same 'and not obeyed' vfio-pci "$(driver_of $DRIVE)"
rm -f $RUN/win10 $RUN/.damaged-win10
mv /run/mine $RUN/win10
hook win10 release end </tmp/vm.xml
same 'the true one is' "0 nvme" "$hook_status $(driver_of $DRIVE)"
rm -f /run/kept
as_before 'the end'

plan_done
