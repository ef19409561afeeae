/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel line as a list of its words. */

#include <stdbool.h>

#include "util.h"

struct check_words {
    char **items; /* in their order */
    size_t count;
};

/* Reads those that this kernel was booted with; a line that cannot be read has none. -ENOMEM. `ret`
 * is the caller's to clean up in any case. */
int check_words_read(struct check_words *ret) _must_check_;

bool check_words_have(const struct check_words *words, const char *word);

/* The first word that begins so, or NULL. */
const char *check_words_find(const struct check_words *words, const char *beginning);

void check_words_done(struct check_words *words);

#define _cleanup_check_words_ _cleanup_(check_words_done)
