/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Locks on files (flock) that are waited for until a deadline. */

#include "util.h"

/* Takes a lock, trying again until the deadline (0: once). -EWOULDBLOCK when somebody else keeps
 * it. */
int lock_take(int fd, uint64_t deadline) _must_check_;

/* Whether the file that was locked still is the one in the directory: who held the lock before may
 * have removed it. 1, 0, or a negative errno when it cannot be told. */
int lock_is_current(int directory, const char *name, int fd) _must_check_;
