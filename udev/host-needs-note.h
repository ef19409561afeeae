/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Notes that the host needs the PCI devices behind something in /sys. Only for host_needs_ask. */

#include "host-needs.h"

struct asking {
    struct host_needs *needs;
    const char *what; /* for */
    bool network;     /* a disk of it is reached over the network */
    bool found;       /* a PCI device */
};

/* `path` is the real one of a device in /sys/devices. Bridges on the way are left out. -ENOMEM. */
int host_needs_note(struct asking *asking, const char *path) _must_check_;
