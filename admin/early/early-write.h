/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file in early.d that holds a new rule. */

#include "early-state.h"

/* How each file begins that is written here. */
#define EARLY_WRITE_MARK "# Written by 'hostdevctl early "

/* Writes the file of a rule; `verb` goes into its head. -EEXIST when there is one already. */
int early_write(const struct early_rule *rule, const char *verb, struct error *error) _must_check_;

/* Prints the file of the i-th rule, and what it reserves. -ENOMEM. */
int early_write_report(const struct early_state *state, size_t i) _must_check_;
