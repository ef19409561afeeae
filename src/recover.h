/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Giving back what a VM had, from its journal alone. */

#include <stdbool.h>

#include "journal.h"

/* Undoes a journal that is loaded and locked, and removes it when nothing is left. */
int recover_finish(int directory, struct journal *journal, uint64_t deadline,
                   struct error *error) _must_check_;

/* As recover_finish, and tells of each step (see steps_undo_and_tell). */
int recover_finish_and_tell(int directory, struct journal *journal, uint64_t deadline,
                            steps_undone undone, void *data, struct error *error) _must_check_;

/* A journal is stale when its VM has ended and its release was cut short, or when nobody is left
 * who would ever call release. */
bool recover_is_stale(const struct journal *journal);

/* What VMs share (CPUs, huge pages) is written down apart from their journals. Gives back what
 * stands there for VMs that have neither a journal nor a QEMU: theirs was damaged, or somebody has
 * removed it. `given_back` is called with each thing of which nothing is left any more. The error
 * is that of the first failure. */
int recover_shared(int directory, uint64_t deadline,
                   void (*given_back)(void *data, const char *what), void *data,
                   struct error *error) _must_check_;
