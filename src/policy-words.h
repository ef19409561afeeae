/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Values of settings that are words or numbers. */

#include <stdbool.h>

#include "error.h"

/* The index of a value among `words`. -EINVAL with a sentence that lists them. */
int policy_word(const char *const words[], size_t count, const char *name, const char *value,
                unsigned *ret, struct error *error) _must_check_;

/* yes or no. */
int policy_yes_no(const char *name, const char *value, bool *ret, struct error *error) _must_check_;

/* A whole number from `min` to `max`. -EINVAL. */
int policy_number(const char *value, int min, int max, int *ret) _must_check_;
