/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What reserves devices on hosts without hostdevctl: the ids that vfio-pci is told on the kernel
 * line or in modprobe.d, and the overrides that driverctl saved.
 */

#include "error.h"
#include "pci-pattern.h"

struct legacy_source {
    char *what; /* "vfio-pci.ids=144d:a80a on the kernel line" */
    char *away; /* how to take it away */
};

struct legacy_claim {
    size_t source;
    char *text; /* as it stands there: "144d:a80a" */
    bool has_address;
    struct pci_address address;
    struct pci_pattern pattern; /* without an address */
};

struct legacy {
    struct legacy_source *sources;
    size_t source_count;
    struct legacy_claim *claims;
    size_t claim_count;
};

/* Reads all three. Overrides with other drivers are not taken, and named on standard error, as is
 * what cannot be understood. `ret` is the caller's to clean up in any case. */
int legacy_read(struct legacy *ret, struct error *error) _must_check_;

/* The readers; -ENOMEM. */
int legacy_read_kernel_line(struct legacy *legacy) _must_check_;
int legacy_read_modprobe(struct legacy *legacy) _must_check_;
int legacy_read_driverctl(struct legacy *legacy) _must_check_;

/* Adds a source, for the claims that are added next. Both strings are handed over; NULL counts as a
 * failure. */
int legacy_add_source(struct legacy *legacy, char *what, char *away) _must_check_;

/* Adds a claim for each of the ids, commas between. */
int legacy_add_ids(struct legacy *legacy, const char *ids) _must_check_;

int legacy_add_address(struct legacy *legacy, struct pci_address address) _must_check_;

void legacy_done(struct legacy *legacy);

#define _cleanup_legacy_ _cleanup_(legacy_done)
