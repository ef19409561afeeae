#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# dracut without systemd: reserves devices for VMs before udev loads the first driver. It is sourced;
# what cannot be reserved is logged, and no reason to stop booting.
/usr/lib/udev/hostdevctl-early || :
