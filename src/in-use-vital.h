/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the host itself cannot go on without: the disks, or the network cards before them, that its
 * system (/, /usr, /etc, /var) and its swap are on; all of them, where they are several.
 */

#include "util.h"

struct in_use_vital {
    /* Something that `what` ("the root file system") is on: `path` is the real one of its directory
     * in /sys/devices. NULL: what it is on cannot be found out (ZFS and other pools do not tell),
     * so each disk that the kernel holds may be it. A negative errno ends the search. */
    int (*note)(void *data, const char *what, const char *path);
    void *data;
};

/* Notes all of it, some of it more than once. A negative errno: what the callback returned, or part
 * of the answer could not be read. */
int in_use_vital_search(const struct in_use_vital *vital) _must_check_;

/* Notes what a block device is on, through volumes and arrays; `path` leads to its directory in
 * /sys. */
int in_use_vital_note_disk(const struct in_use_vital *vital, const char *what,
                           const char *path) _must_check_;

/* Notes the network cards of all interfaces that have an address, through bridges, bonds and VLANs
 * as well: which of them leads to a disk is not asked. */
int in_use_vital_note_network(const struct in_use_vital *vital, const char *what) _must_check_;
