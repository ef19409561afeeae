/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* Calls `handle` with the path of each swap that is in use, a device or a file, until it returns
 * something else than 0: that is the result. A negative errno when they cannot be read; a kernel
 * without swap has none. */
int swaps_find(int (*handle)(void *data, const char *path), void *data) _must_check_;
