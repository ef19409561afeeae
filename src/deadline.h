/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Deadlines: points on CLOCK_MONOTONIC in microseconds, which no change of the date can move. */

#include <time.h>

#include "util.h"

static inline uint64_t now_usec(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

/* Sleeps that long, or until the deadline if it comes first. */
static inline void sleep_usec(uint64_t usec, uint64_t deadline) {
    uint64_t now = now_usec(), left = deadline > now ? deadline - now : 0;

    usleep((useconds_t)(usec < left ? usec : left));
}
