/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What of /proc tells of the machine and cannot be written: below /sys/.sim/proc, from where
 * sim-world lays it over /proc. */

#include "model.h"

void procfs_add(struct model *model, const struct machine *machine);

/* ---- proc-pci.c: bus/pci --------------------------------------------------------------------- */

void proc_pci_add(struct model *model, struct node *proc);
