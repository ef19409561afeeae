/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Workers (see work.h) that were left behind: the kernel has not let go of them. */

#include <stdbool.h>
#include <sys/types.h>

#include "util.h"

struct stuck_worker {
    pid_t pid;
    bool hangs;   /* in the kernel; else it is still at work */
    char *device; /* its address; NULL: it is not known on what it is */
};

struct stuck_workers {
    struct stuck_worker *items;
    size_t count;
};

/* Looks for them; only root can. -ENOMEM. `ret` is the caller's to clean up in any case. */
int stuck_workers_find(struct stuck_workers *ret) _must_check_;

void stuck_workers_done(struct stuck_workers *workers);

#define _cleanup_stuck_workers_ _cleanup_(stuck_workers_done)
