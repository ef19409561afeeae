/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Control groups, version 2 (kernel Documentation/admin-guide/cgroup-v2.rst). */

#include <stdbool.h>

#include "util.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

/* Calls `visit` with the name of each group directly below the root, but machine.slice, where VMs
 * are: that keeps all CPUs, or libvirt cannot pin them. -ENOTSUP: the host has no cgroup v2. */
int cgroup_for_each(int (*visit)(const char *name, void *data), void *data) _must_check_;
