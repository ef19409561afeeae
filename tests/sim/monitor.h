/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who runs when. One mutex guards all of the simulated machine, and every operation holds it except
 * while it waits: for the lock of a device, for a slow driver, for a hanging one. So the code reads
 * as if it were alone, and only a call of wait_for_*() lets others in.
 */

#include <pthread.h>
#include <time.h>

#include "common.h"

/* The process that made a system call on /sys, and the waiting it may be killed out of. */
struct caller {
    /* True when the process has been killed. NULL: cannot be killed. */
    bool (*killed)(struct caller *caller);
    /* Tells the process that its call has failed with -EINTR, so that it can die although the
     * operation that it began goes on. Called at most once, and `killed` not any more after it. */
    void (*abandon)(struct caller *caller);
    bool abandoned;
    pid_t process;
};

struct monitor {
    pthread_mutex_t mutex;
    /* As in the kernel, a process that waits for a driver cannot be killed. */
    bool unkillable;
};

/* A pthread_cond_t for the functions below. */
void monitor_condition(pthread_cond_t *condition);

/* What a device and a module that is being loaded have: held by one operation at a time. */
struct lock {
    pthread_cond_t changed; /* also signalled when a hanging operation is released */
    bool held;
};

/* Waits until nobody holds the lock and takes it. -EINTR when the caller was killed meanwhile. */
int lock_take(struct monitor *monitor, struct caller *caller, struct lock *lock) _must_check_;
void lock_drop(struct lock *lock);

/* Waits on when the caller is killed, as a driver does: the caller is abandoned. */
void lock_take_as_driver(struct monitor *monitor, struct caller *caller, struct lock *lock);

/* Wakes up all who wait on the lock, to look again. */
void lock_notify(struct lock *lock);

/* Waits `milliseconds`, and then for as long as *hang is true. Goes on to its end when the caller
 * is killed, as a driver does: the caller is abandoned. */
void wait_as_driver(struct monitor *monitor, struct caller *caller, struct lock *lock,
                    unsigned milliseconds, const bool *hang);
