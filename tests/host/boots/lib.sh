# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What every boot test uses: the hardware of the host to boot, the files it has in
# /etc/hostdevctl/early.d, booting it, and what it then says of itself.
#
# boots.sh sets $image, the emulated host's directory, $made, initrd.sh's, and $scratch.
set -euo pipefail

: "${image:?}" "${made:?}" "${scratch:?}"
cases=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tap.sh
. "$cases/../tap.sh"
# shellcheck source=../qemu.sh
. "$cases/../qemu.sh"

# The longest that a boot may take, in seconds.
limit=300

# --- hardware ---

# cards: what is in the root ports, in order. Without `added` the first is 0000:01:00.0, the second
# 0000:02:00.0 and so on; the bridge chain of the first is pci0000:00/08.0/00.0, of the second
# pci0000:00/09.0/00.0. `added` is a card in a root port in front of these all (pci0000:00/07.0/00.0),
# which shifts the bus numbers by one.
#     root        the NVMe drive with the root file system; all drives are identical
#     nvme        another
#     nvme-vfs    an NVMe drive with up to four VFs
#     e1000e      a network card; the serial number of the one in port N is serial_of N
#     empty       a slot
cards=(root nvme nvme e1000e e1000e)
added=

# The PCI serial number, made of the card's MAC address, as lspci prints it.
# shellcheck disable=SC2317
serial_of() {
    echo "52-54-00-ff-ff-00-00-0$1"
}

# card WORD PORT
card() {
    case $1 in
    root)
        echo "-drive if=none,id=disk-$2,format=raw,snapshot=on,file=$scratch/root.img"
        echo "-device nvme,drive=disk-$2,serial=serial-$2,bus=port-$2"
        ;;
    nvme)
        truncate -s 16M "$scratch/disk-$2"
        echo "-drive if=none,id=disk-$2,format=raw,cache=unsafe,file=$scratch/disk-$2"
        echo "-device nvme,drive=disk-$2,serial=serial-$2,bus=port-$2"
        ;;
    nvme-vfs)
        echo "-device nvme-subsys,id=subsystem-$2"
        echo "-device nvme,subsys=subsystem-$2,serial=serial-$2,bus=port-$2,sriov_max_vfs=4"
        echo "-global nvme.sriov_vq_flexible=8 -global nvme.sriov_vi_flexible=4"
        ;;
    e1000e) echo "-device e1000e,mac=52:54:00:00:00:0$2,bus=port-$2" ;;
    empty) ;;
    esac
}

# port NUMBER: at 00:07.0 for 0, and so on.
port() {
    echo "-device pcie-root-port,id=port-$1,chassis=$1,bus=pcie.0,addr=$(printf '0x%x' $((7 + $1)))"
}

hardware() {
    local i
    if [ -n "$added" ]; then
        port 0
        card "$added" 0
    fi
    for ((i = 1; i <= ${#cards[@]}; i++)); do
        port "$i"
        card "${cards[i - 1]}" "$i"
    done
}

# --- files, as the host and its initramfs have them ---

files=$scratch/files
initramfs_files=$scratch/initramfs-files
early_d=/etc/hostdevctl/early.d

# put PATH [MODE]: a file with stdin's content from now on.
put() {
    mkdir -p "$files$(dirname "$1")"
    cat > "$files$1"
    chmod "${2:-644}" "$files$1"
}

# put_in_initramfs PATH: the same, but the host itself does not have it.
put_in_initramfs() {
    mkdir -p "$initramfs_files$(dirname "$1")"
    cat > "$initramfs_files$1"
}

# reserve NAME LINE...: a file of that name in early.d. What initrd.sh had there is reserved.conf.
reserve() {
    local name=$1
    shift
    printf '%s\n' "$@" | put "$early_d/$name.conf"
}

# job: stdin is a script that the host runs before it reports. When it prints "@monitor COMMAND", QEMU's
# monitor gets the COMMAND.
job() {
    put /boots/job
}

# archive DIRECTORY: as a cpio archive, all of it root's, which the kernel unpacks over what is there.
archive() {
    local path mode size type n=1
    (cd "$1" && find . -mindepth 1 -printf '%P %#m %s %y\n' | sort; echo 'TRAILER!!! 0 0 -') |
        while read -r path mode size type; do
            case $type in
            d) mode=$((mode | 0040000)) size=0 ;;
            f) mode=$((mode | 0100000)) ;;
            esac
            entry "$1" "$path" "$((n++))" "$((mode))" "$size"
        done
}

# entry DIRECTORY NAME INODE MODE SIZE: in cpio's format "newc". Name and content are padded to four
# bytes.
entry() {
    printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\0' \
        "$3" "$4" 0 0 1 0 "$5" 0 0 0 0 $((${#2} + 1)) 0 "$2"
    pad $((111 + ${#2}))
    if [ "$5" -gt 0 ]; then
        cat "$1/$2"
        pad "$5"
    fi
}

# pad SIZE: zeros up to the next multiple of four.
pad() {
    head -c $(((4 - $1 % 4) % 4)) /dev/zero
}

# inject DIRECTORY: its files are the root file system's from now on.
inject() {
    (cd "$1" && find . -mindepth 1 -printf '%y /%P %l\n') | sort -k 2 |
        while read -r type path target; do
            case $type in
            d) echo "mkdir $path" ;;
            f) printf 'rm %s\nwrite %s %s\n' "$path" "$1$path" "$path" ;;
            l) printf 'rm %s\nsymlink %s %s\n' "$path" "$path" "$target" ;;
            esac
        done | debugfs -w -f - "$scratch/root.img" > "$scratch/debugfs" 2>&1
}

# The next case starts without the files of this one.
forget() {
    [ -e "$files" ] || return 0
    (cd "$files" && find . -type f -printf 'rm /%P\n') |
        debugfs -w -f - "$scratch/root.img" > "$scratch/debugfs" 2>&1
    rm -rf "$files" "$initramfs_files"
}
trap forget EXIT

# --- booting ---

# What these hosts do without, for the sake of time.
spared=(
    apparmor=0 "module_blacklist=ahci,i2c_i801,lpc_ich,iTCO_wdt,psmouse,evdev,mousedev,pcspkr,kvm,joydev"
    rd.shell=0 rd.emergency=poweroff
    systemd.mask={systemd-tmpfiles-setup,systemd-sysctl,systemd-journal-flush}.service
    systemd.mask={dev-hugepages,dev-mqueue,sys-kernel-debug,sys-kernel-config}.mount
)
# Adds: all there is after the initramfs is the report.
# shellcheck disable=SC2034
initramfs_only=init=/boots/report.sh

# boot INITRAMFS [WORD...]: boots with an image of initrd.sh's or any file, and with these words more on
# the kernel line. Fails if the host does not come up and report; its console is shown then.
boot() {
    local initramfs=$1 attempt
    shift
    [ -e "$initramfs" ] || initramfs=$made/$initramfs
    [ -e "$files$early_d/reserved.conf" ] || reserve reserved '# nothing'
    mkdir -p "$initramfs_files"
    inject "$files"
    {
        cat "$initramfs"
        pad "$(stat -c %s "$initramfs")"
        archive "$files"
        archive "$initramfs_files"
    } > "$scratch/initrd"
    for attempt in first second; do
        ended=0
        run_host "$@" || ended=$?
        if [ -e "$scratch/seen/end" ]; then
            return 0
        fi
        emulator_failed "$ended" "$scratch/console" || break
        echo "# the emulator failed (status $ended) at the $attempt attempt"
    done
    echo "the host did not report; QEMU ended with status $ended"
    cat "$scratch/errors"
    tail -n 30 "$scratch/console"
    return 1
}

# A boot of the host: what it reports is in $scratch/seen, a file for each section.
run_host() {
    local -a devices
    local qemu line section=preamble status=0
    rm -rf "$scratch"/{seen,serial,monitor.in,monitor.out,console}
    mkdir "$scratch/seen"
    mkfifo "$scratch"/{serial,monitor.in,monitor.out}
    read -r -d '' -a devices < <(hardware) || true
    # Opened by both, as the monitor's both ends: a pipe without the other waits.
    exec 5<> "$scratch/monitor.in" 6<> "$scratch/monitor.out"
    timeout --foreground "$limit" bash -c ". '$cases/../qemu.sh' && emulate \"\$@\"" emulate \
        "$scratch/console" -smp 2 -m 1024 \
        -kernel "$image/vmlinuz" -initrd "$scratch/initrd" \
        -append "root=LABEL=host-root ${kernel_line[*]} ${spared[*]} systemd.unit=boots.service $*" \
        -chardev "pipe,id=monitor,path=$scratch/monitor" -mon chardev=monitor,mode=readline \
        "${devices[@]}" > "$scratch/serial" 2> "$scratch/errors" &
    qemu=$!
    while IFS= read -r line; do
        line=${line%$'\r'}
        case $line in
        '=== '*)
            section=${line#=== }
            : > "$scratch/seen/$section"
            ;;
        '@monitor '*) echo "${line#@monitor }" >&5 ;;
        *) printf '%s\n' "$line" >> "$scratch/seen/$section" ;;
        esac
    done < "$scratch/serial"
    exec 5>&- 6>&-
    wait "$qemu" || status=$?
    return $status
}

# --- what was seen ---

# seen SECTION
seen() {
    cat "$scratch/seen/$1"
}

# drivers ADDRESS...: their drivers, on one line.
drivers() {
    local address
    for address in "$@"; do
        awk -v address="0000:$address" '$1 == address { print $3; found = 1 } END { if (!found) print "absent" }' \
            "$scratch/seen/devices"
    done | xargs
}

# logged REGEX...: each matches a line of the kernel's log.
logged() {
    local regex
    for regex in "$@"; do
        if ! grep -E "$regex" "$scratch/seen/log"; then
            printf 'nothing like "%s" in the log:\n' "$regex"
            grep -E 'hostdevctl|vfio|nvme|e1000e' "$scratch/seen/log" || true
            return 1
        fi
    done
}

# touched DRIVER ADDRESS: a line of the log has the driver's name and the address. The address may end in
# a pattern.
touched() {
    grep -E "^\[[^]]*\] $1( .*|: .*)?0000:$2([^0-9.]|\$)" "$scratch/seen/log"
}

# never_touched DRIVER ADDRESS: in a log that tells what the driver does.
never_touched() {
    if ! touched "$1" '..:00[.]0' > /dev/null; then
        echo "the log does not tell what $1 does"
        return 1
    fi
    ! touched "$1" "$2"
}
