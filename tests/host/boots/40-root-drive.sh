#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# After a card is added, an identical drive has the reserved one's address: the one with the root file
# system.
# Only on bookworm.
. "$(dirname "$0")/lib.sh"

check 'the host comes up' boot initramfs-tools
same 'it knows by its path which drive its root file system is on' \
    $'[path pci0000:00/08.0/00.0]\nfor = the root file system' "$(seen host-devices)"
seen host-devices | put_in_initramfs /etc/hostdevctl/host-devices

reserve reserved "$(< "$cases/reserved.conf")"
# shellcheck disable=SC2034
added=e1000e
check 'the host comes up with a card more' boot dracut
same 'the drive with the root file system stays with the host' 'nvme nvme nvme' "$(drivers 02:00.0 03:00.0 04:00.0)"
check 'and the log says why' logged 'hostdevctl: 0000:02:00.0 is left to the host: .*root file system'
