/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host-needs-note.h"

/* Notes that the host needs the network cards that its default routes lead to, through bridges,
 * bonds and VLANs as well. -ENOMEM. */
int host_needs_note_network(struct asking *asking) _must_check_;
