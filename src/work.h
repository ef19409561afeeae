/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Work that the kernel may sit on, done in processes of its own, side by side, with a deadline.
 * A process stuck in the kernel cannot be killed; it is left behind, and holds none of the hook's
 * pipes (libvirtd waits for their end) and no lock but that of the one thing it is stuck on. That
 * lock is the mark of a stuck device: it vanishes by itself when the kernel lets go.
 */

#include "error.h"

struct work {
    /* Does the work; in the worker process. `data` is the worker's copy. */
    int (*run)(void *data, uint64_t deadline, struct error *error);
    /* Opens what is locked (flock) while the worker lives; negative: no lock. May be NULL. */
    int (*open_lock)(void *data);
    void *data;

    /* Filled by work_run: 0 or the negative errno of `run`, with its error. Without an error:
     * -ETIME when the deadline came first, -EBUSY when another worker kept the lock too long. */
    int result;
    struct error error;
};

/* Runs all `count` works side by side (a bounded number at a time) until each has a result or the
 * deadline has passed; then kills what can be killed. `work[i].error` is the caller's to clear. */
void work_run(struct work *work, size_t count, uint64_t deadline);
