/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Other programs, run without a shell and with an environment of our own. */

#include "error.h"

/* Runs `arguments` (ending in NULL), the first of which is the program's path, and waits for its
 * end; it dies with the calling process. It has the descriptor `keep` (-1: none) as well, as 3: a
 * lock stays as long as the program does. 0 when it exits with 0; -ENOENT when there is no such
 * program; -EIO with what it said last on stderr otherwise. Blocks: only to be called in a worker.
 */
int program_run(const char *const arguments[], int keep, struct error *error) _must_check_;
