/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel line: what the boot loader passed on, words with blanks between (proc_cmdline(5)). */

#include <stdbool.h>

#include "util.h"

/* All of it; NULL when it cannot be read. Owned by the caller. */
char *kernel_line_read(void) _must_check_;

/* Calls `visit` with each word. Words in quotes stay one, quotes and all. Stops at the first that
 * returns other than 0, and returns that. */
int kernel_line_for_each(const char *line,
                         int (*visit)(void *data, const char *word, size_t length), void *data);

/* Whether hostdevctl.early=off stands there: the way back in for who reserved too much. */
bool kernel_line_turns_off(const char *line);
