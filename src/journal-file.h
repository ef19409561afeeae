/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is in a journal's file: lines of JSON (journal.h shows them), read as a whole and appended
 * to one at a time. Which file it is, and who may have it at the moment, is journal.c's business.
 */

#include "journal.h"

/* The newest that is understood; journals of VMs are still of the first. */
#define JOURNAL_VERSION 2
#define JOURNAL_VERSION_VM 1

/* Reads a journal from its descriptor, which it takes over even on failure; `file` is its name in
 * the directory. *ret is owned by the caller. *ret_length is the length without an unfinished last
 * line. -EBADMSG, -EINVAL or -EFBIG when it makes no sense. Of a version above JOURNAL_VERSION only
 * the head is read; those below it, from 1 on, are understood. */
int journal_file_read(int fd, const char *file, struct journal **ret,
                      size_t *ret_length) _must_check_;

/* Append one line each, whole or not at all. A negative errno on failure. */
int journal_file_write_head(int fd, const struct journal_head *head) _must_check_;
int journal_file_write_daemon(int fd, struct process daemon) _must_check_;
int journal_file_write_steps(int fd, const struct steps *steps) _must_check_;
int journal_file_write_released(int fd) _must_check_;
int journal_file_write_claims(int fd, const struct claims *claims) _must_check_;
