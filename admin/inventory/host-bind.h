/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Giving a device to whatever driver of the host the kernel chooses for it. */

#include "error.h"
#include "pci-address.h"

/* Clears its override, takes it from the driver it is on, loads the module that its id asks for,
 * and has the kernel probe it; all in a worker. -ENODEV with a sentence when no driver of the host
 * has it afterwards. */
int host_bind(struct pci_address address, uint64_t deadline, struct error *error) _must_check_;
