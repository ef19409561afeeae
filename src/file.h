/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Small files, read and written relative to a directory descriptor: what is in /sys, /proc and
 * /run. Nothing here follows a path that was put together from names somebody else chose.
 */

#include "util.h"

/* Reads a whole one-line file into `buffer` (NUL-terminated, the trailing newline cut off).
 * Returns the length, or a negative errno; -EOVERFLOW when it does not fit. */
ssize_t file_read_line_at(int directory, const char *name, char *buffer, size_t size) _must_check_;

/* Writes `value` in a single write(2), as sysfs wants it. Negative errno on failure. */
int file_write_at(int directory, const char *name, const char *value) _must_check_;

/* The last component of what a symbolic link points to ("nvme" for a driver link). Returns 0,
 * -ENOENT when there is no such link, -EOVERFLOW when it does not fit. */
int file_link_name_at(int directory, const char *name, char *buffer, size_t size) _must_check_;

/* Reads a descriptor to its end. *ret is NUL-terminated and owned by the caller; the length goes
 * to *ret_length. -EFBIG when there is more than `limit` bytes. */
int file_read_all(int fd, size_t limit, char **ret, size_t *ret_length) _must_check_;

/* As readdir(3), but what goes wrong is told from the end: *r is a negative errno then, and else
 * left as it is. */
struct dirent *file_next_entry(DIR *directory, int *r) _must_check_;

/* Writes all of `data`, across short writes. Negative errno on failure. */
int file_write_all(int fd, const char *data, size_t length) _must_check_;
