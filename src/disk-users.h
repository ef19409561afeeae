/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "util.h"

/* The name of the loop device that reads a block device. 1; 0: none does; a negative errno: that
 * cannot be told. */
int disk_users_find_loop(dev_t node, char *ret, size_t size) _must_check_;

/* How a block device that the kernel holds is used by itself, in words that follow "is": "mounted
 * at /srv", "used as swap". 1; 0: in no such way; a negative errno: that cannot be told. */
int disk_users_find(dev_t node, char *ret, size_t size) _must_check_;
