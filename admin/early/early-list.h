/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The list of what is reserved, for more than one verb. */

#include "early-state.h"

/* Prints the table for people, and what else there is to know. -ENOMEM. */
int early_list_print(const struct early_state *state) _must_check_;
