/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cpumask.h"

/* The list in a file. False when it cannot be read, or is none. */
bool cpumask_read(const char *path, struct cpumask *ret) _must_check_;

/* As a string, which the caller frees. */
char *cpumask_list(const struct cpumask *mask);
