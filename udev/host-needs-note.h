/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Notes that the host needs the PCI devices behind something in /sys. Only for host_needs_ask. */

#include "host-needs.h"

/* `path` is the real one of a device in /sys/devices; `what` is on it. Bridges on the way are left
 * out. -ENOMEM. */
int host_needs_note(struct host_needs *needs, const char *what, const char *path) _must_check_;
