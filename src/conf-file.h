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

/* Reads on behind mistakes: `mistake` is called with each, and *line is where the reading has come
 * to, also during `setting`. Sections that are refused are passed over. Who may write the file is
 * not looked at. -EIO when it cannot be read. */
int conf_file_check(int fd, conf_setting setting, int *line,
                    void (*mistake)(void *data, const char *what), void *data) _must_check_;
