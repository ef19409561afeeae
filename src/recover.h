/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Giving back what a VM had, from its journal alone. */

#include <stdbool.h>

#include "journal.h"

/* Undoes a journal that is loaded and locked, and removes it when nothing is left. */
int recover_finish(int directory, struct journal *journal, uint64_t deadline,
                   struct error *error) _must_check_;

/* A journal is stale when its VM has ended and its release was cut short, or when nobody is left
 * who would ever call release. */
bool recover_is_stale(const struct journal *journal);
