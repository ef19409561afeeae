/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One INI file, read safely: inih does the syntax, this adds what an admin needs (file:line in
 * every message) and what root needs (the file must be root's alone to write).
 */

#include "error.h"

/* Called for each `name = value`, and with both NULL where a section begins. Returns 0, or a
 * negative errno with only the *reason* in `error`
 * ("timeout is not a number"); the file and line are put in front of it. */
typedef int (*conf_setting)(void *data, const char *section, const char *name, const char *value,
                            struct error *error);

/* Reads the file that `fd` is open on; `path` is for messages. Blank lines, comments after # or ;
 * (at the start of a line, or after a blank) and indentation mean nothing. */
int conf_file_read(int fd, const char *path, conf_setting setting, void *data,
                   struct error *error) _must_check_;
