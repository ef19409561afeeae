/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What was made for VMs that have no journal any more: theirs was damaged, or somebody has removed
 * it. What such a VM shared with others is in src/recover.h. */

#include <stdbool.h>

#include "util.h"

/* Prints the line that stands above all that is given back of such VMs, once. */
void orphans_begin(bool *begun);

/* Removes mediated devices that were created for such a VM, and tells of each; also of what cannot
 * be removed. Returns of how many something is left. */
size_t orphans_remove(int directory, bool *begun);
