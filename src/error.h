/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * An error that a person will read: one sentence that says what went wrong, why, and what to do.
 * Functions that can fail for a reason worth telling take a `struct error *`, fill it, and return
 * the same negative errno that it carries.
 */

#include "util.h"

struct error {
    int code;   /* positive errno, 0: no error */
    char *text; /* owned; NULL when even memory for the sentence was missing */
};

/* Sets `error` (whatever it said before is dropped) and returns -code, code being a positive errno.
 */
int error_set(struct error *error, int code, const char *format, ...) _printf_(3, 4);

/* The usual sentence for -ENOMEM. */
int error_oom(struct error *error);

/* The sentence, or the system's words for the code when there is none. Owned by the error. */
const char *error_text(const struct error *error);

/* Moves `from` into `to`; `from` is empty afterwards. */
void error_move(struct error *to, struct error *from);

void error_clear(struct error *error);

#define _cleanup_error_ _cleanup_(error_clear)
