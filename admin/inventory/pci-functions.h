/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* All PCI functions of the host, and what they are. Nothing here blocks behind a driver. */

#include "error.h"
#include "pci-address.h"

struct pci_function {
    struct pci_address address;
    struct pci_id id;
    struct pci_id subsystem;
    uint32_t class; /* 24 bits */
};

struct pci_functions {
    struct pci_function *items; /* in the order of their addresses */
    size_t count;
};

/* `ret` is the caller's to clean up in any case. */
int pci_functions_read(struct pci_functions *ret, struct error *error) _must_check_;

void pci_functions_done(struct pci_functions *functions);

#define _cleanup_pci_functions_ _cleanup_(pci_functions_done)
