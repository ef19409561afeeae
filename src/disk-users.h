/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util.h"

/* The name of the loop device that reads a block device, if one does. */
bool disk_users_find_loop(dev_t node, char *ret, size_t size);

/* How a block device that the kernel holds is used by itself, in words that follow "is": "mounted
 * at /srv", "used as swap". *ret_vital: it holds the root file system, or swap. Whether a use was
 * found. */
bool disk_users_find(dev_t node, char *ret, size_t size, bool *ret_vital);
