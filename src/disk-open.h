/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Opens a block device, by its name in /sys, as its only user, and closes it again: 0, or the
 * (positive) errno. EBUSY: the kernel itself holds it, for a file system, swap, or a volume. May
 * wait for its driver. */
int disk_open_exclusively(const char *name);
