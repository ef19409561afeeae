/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whose a thing is that others could have made as well, such as a mediated device of some UUID: a
 * small file in /run/hostdevctl, made before the thing is, says that it is this program's. While it
 * is open it is locked: nobody else works on the thing.
 */

#include <stdbool.h>

#include "error.h"
#include "state-file.h"

struct ownership {
    char *name;
    int directory;
    struct state_file file;
};

/* Opens and locks the file of a thing, "mdev-db10f5f6-…". Waits for whoever works on it for half of
 * the time left: -EALREADY with a sentence that names it then. ownership_close in any case. */
int ownership_open(const char *thing, uint64_t deadline, struct ownership *ret,
                   struct error *error) _must_check_;

bool ownership_is_ours(const struct ownership *ownership);

/* Before the thing is made. */
int ownership_take(struct ownership *ownership, struct error *error) _must_check_;

/* It has gone, or was made by somebody else. */
void ownership_drop(struct ownership *ownership);

void ownership_close(struct ownership *ownership);

#define _cleanup_ownership_ _cleanup_(ownership_close)
