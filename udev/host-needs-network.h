/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host-needs-note.h"

/* Notes that the host needs the network cards of all interfaces that have an address, through
 * bridges, bonds and VLANs as well: which of them leads to its disk is not asked. -ENOMEM. */
int host_needs_note_network(struct asking *asking) _must_check_;
