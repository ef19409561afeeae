/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A directory of configuration files, NAME.conf each, which must be as trustworthy as they are. */

#include <stdbool.h>

#include "conf-file.h"

/* Opens a directory below another one (AT_FDCWD: `name` is a path); `shown` is for messages. A
 * descriptor, or -ENOENT without a sentence when there is none; -EPERM when it is not root's alone
 * to write. */
int conf_directory_open(int parent, const char *name, const char *shown,
                        struct error *error) _must_check_;

/* Reads one file of a directory. One that is absent is fine: every file is optional. */
int conf_directory_read_file(int directory, const char *name, const char *shown,
                             conf_setting setting, void *data, struct error *error) _must_check_;

/* Calls `visit` with each file that ends in .conf and is not hidden, and with the path for
 * messages, in alphabetical order, until it returns a negative errno, and returns that. */
int conf_directory_for_each(int directory, const char *shown,
                            int (*visit)(void *data, int directory, const char *name,
                                         const char *path, struct error *error),
                            void *data, struct error *error) _must_check_;
