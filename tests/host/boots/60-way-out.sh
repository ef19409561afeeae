#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whoever locked himself out gets in again; and a mistake in one file does not let go of what is in
# another.
# Only on trixie.
. "$(dirname "$0")/lib.sh"

reserve reserved "$(< "$cases/reserved.conf")"
check 'the host comes up with hostdevctl.early=off' boot initramfs-tools hostdevctl.early=off
same 'and has all of its drives' 'nvme nvme nvme' "$(drivers 01:00.0 02:00.0 03:00.0)"
check 'nothing is set for later' fails grep . "$scratch/seen/rules"

reserve broken '[device 0000:03:00.0]' 'id = 1b36:0010' '[device 0000:04:00.0]' 'idd = 8086:10d3'
check 'the host comes up with a broken file' boot dracut
check 'the log says where the mistake is' logged "hostdevctl: .*$early_d/broken.conf:4: .*idd"
same 'nothing of the broken file is reserved' 'nvme e1000e' "$(drivers 03:00.0 04:00.0)"
same 'and the other one is in force' 'nvme vfio-pci' "$(drivers 01:00.0 02:00.0)"
