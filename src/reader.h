/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads that may block, one after the other in one worker process, into memory that it shares with
 * its caller: when it gets stuck, what it had read so far tells on what.
 */

#include "error.h"

struct reader {
    /* Reads what item `i` asks for into it. Runs in the worker. */
    void (*read)(void *item, size_t i);
    void *items; /* the caller's; copied there and back */
    size_t count;
    size_t size; /* of one item in bytes */
};

/* Returned by reader_run when one item's read did not come back; *stuck is its index, and what is
 * before it was read. */
#define READER_STUCK 1

/* 0, READER_STUCK, or a negative errno with a sentence: -ETIME when not even the first was begun.
 */
int reader_run(const struct reader *reader, uint64_t deadline, size_t *stuck,
               struct error *error) _must_check_;
