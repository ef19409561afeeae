/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Runs the host's own tools: without a shell, in a clean environment, and with what they print on
 * the terminal of whoever waits for them. */

#include "error.h"

/* Runs `arguments` (ending in NULL), the first of which is the program's path, and waits for its
 * end. 0 when it exits with 0; negative errno with a sentence otherwise. */
int tool_run(const char *const arguments[], struct error *error) _must_check_;
