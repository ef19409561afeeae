/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes configuration files whole: whoever reads one sees the old or the new, or none. */

#include <sys/types.h>

#include "error.h"

/* Opens a directory, and makes it (0755) where there is none. A descriptor, or a negative errno
 * with a sentence. */
int conf_write_directory(const char *path, struct error *error) _must_check_;

/* Writes a file that is not there yet, mode 0644; -EEXIST, without a sentence, when it is. `shown`
 * is its path for messages. */
int conf_write_new(int directory, const char *name, const char *shown, const char *text,
                   struct error *error) _must_check_;

/* Writes a file in place of the one that is there, if one is. */
int conf_write_over(int directory, const char *name, const char *shown, const char *text,
                    mode_t mode, struct error *error) _must_check_;
