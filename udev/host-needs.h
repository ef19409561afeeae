/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The devices that the host itself cannot do without: those that hold its root file system and what
 * is needed to get there. In the initramfs they cannot be found out, no driver being there yet. So
 * whoever makes the initramfs asks the running host, and puts the answer there as HOST_NEEDS_FILE;
 * what the kernel line says is asked as well. They are known by their path and serial number, not
 * by address: that is the first thing to change when a card is added.
 */

#include <stdbool.h>

#include "error.h"
#include "pci-address.h"

#define HOST_NEEDS_FILE SYSCONFDIR "/hostdevctl/host-devices"

struct host_need {
    char *path;      /* see pci-path.h; NULL: not known by it */
    uint64_t serial; /* PCI Device Serial Number; 0: not known by it */
    bool has_address;
    struct pci_address address; /* which the kernel line names */
    char *what;                 /* "the root file system" */
};

struct host_needs {
    struct host_need *items;
    size_t count;
};

/* What the file says, if it is there, and the kernel line (root=, resume= by path). */
int host_needs_read(struct host_needs *ret, struct error *error) _must_check_;

/* Asks the running host: file systems that an initramfs mounts, and swap that it may resume from.
 * What no PCI device stands behind (a network, a virtual disk) is left out. */
int host_needs_ask(struct host_needs *ret, struct error *error) _must_check_;

/* Writes it as the file has it. */
void host_needs_print(const struct host_needs *needs, FILE *stream);

/* What a device (no virtual function) is needed for; NULL: for nothing that is known. Owned by
 * `needs`. A serial number is the same for all functions of a card: the number of the function
 * counts, too. */
const char *host_needs_what(const struct host_needs *needs, struct pci_address address,
                            const char *path, uint64_t serial);

void host_needs_done(struct host_needs *needs);

#define _cleanup_host_needs_ _cleanup_(host_needs_done)
