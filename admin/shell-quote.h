/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names in commands that a person may copy into a shell. */

#include "util.h"

/* The word as a shell takes it for one: as it is where nothing in it means anything to a shell,
 * else in single quotes. Control characters become '?', so that a terminal can show it. Owned by
 * the caller, NULL for lack of memory. */
char *shell_quote(const char *word) _must_check_;
