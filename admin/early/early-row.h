/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is said of a device in the list of what is reserved, in words, and for scripts. */

#include "early-state.h"

struct early_row {
    char *device; /* NULL: which one it is, is not known */
    char *name;   /* NULL: it has none that is known */
    char *id;     /* NULL: not known */
    char *driver; /* that it has now; NULL: none */
    char *next_boot;
    char *rule;
};

/* -ENOMEM. `ret` is the caller's to clean up in any case. */
int early_row_fill(struct early_row *ret, const struct early_state *state,
                   const struct early_verdict *verdict) _must_check_;

/* Prints all of them as a JSON array to standard output. -ENOMEM. */
int early_rows_print_json(const struct early_state *state) _must_check_;

void early_row_done(struct early_row *row);

#define _cleanup_early_row_ _cleanup_(early_row_done)
