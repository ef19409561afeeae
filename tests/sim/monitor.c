/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor.h"

#include <errno.h>

/* How often those who wait look whether they were killed. Nothing announces it. */
#define LOOK_MILLISECONDS 50

void monitor_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static struct timespec from_now(unsigned milliseconds) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += milliseconds / 1000;
    time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static bool earlier(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Sleeps until the lock changes, the deadline has come, or it is time to look for signals. */
static void doze(struct monitor *monitor, struct lock *lock, const struct timespec *deadline) {
    struct timespec until = from_now(LOOK_MILLISECONDS);

    if (deadline && earlier(deadline, &until))
        until = *deadline;
    pthread_cond_timedwait(&lock->changed, &monitor->mutex, &until);
}

static bool was_killed(const struct monitor *monitor, struct caller *caller) {
    return !monitor->unkillable && !caller->abandoned && caller->killed && caller->killed(caller);
}

int lock_take(struct monitor *monitor, struct caller *caller, struct lock *lock) {
    while (lock->held) {
        if (was_killed(monitor, caller))
            return -EINTR;
        doze(monitor, lock, NULL);
    }
    lock->held = true;
    return 0;
}

static void abandon(struct caller *caller) {
    caller->abandoned = true;
    caller->abandon(caller);
}

void lock_take_as_driver(struct monitor *monitor, struct caller *caller, struct lock *lock) {
    while (lock_take(monitor, caller, lock) < 0)
        abandon(caller);
}

void lock_drop(struct lock *lock) {
    lock->held = false;
    lock_notify(lock);
}

void lock_notify(struct lock *lock) {
    pthread_cond_broadcast(&lock->changed);
}

void wait_as_driver(struct monitor *monitor, struct caller *caller, struct lock *lock,
                    unsigned milliseconds, const bool *hang) {
    struct timespec deadline = from_now(milliseconds), now = from_now(0);

    while (*hang || earlier(&now, &deadline)) {
        if (was_killed(monitor, caller))
            abandon(caller);
        doze(monitor, lock, *hang ? NULL : &deadline);
        now = from_now(0);
    }
}
