/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Takes sections out of the text of an INI file, as conf-file.h understands it. */

#include <stdbool.h>

#include "util.h"

/* A copy without the headers and settings of the sections for which `doomed` is true (`count` of
 * them, in the order of the file). Comments and all else stay byte for byte, but for blank lines
 * that would then follow upon others. Owned by the caller, NULL for lack of memory. */
char *section_cut(const char *text, const bool *doomed, size_t count) _must_check_;

/* How many sections there are. */
size_t section_count(const char *text);

/* Whether nothing is in a text but blank lines, and lines that begin with `mark`. */
bool section_nothing_but(const char *text, const char *mark);
