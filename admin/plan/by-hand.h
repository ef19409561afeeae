/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Devices that an admin takes from the host, or gives back to it, by hand: as a VM would, each with
 * a journal of its own (see journal.h), but as nobody's VM.
 */

#include "prepare.h"

struct by_hand_devices {
    struct pci_address *items; /* in the order of their addresses, each once */
    size_t count;
};

/* Reads the DEVICEs of a command line, 01:00.0 or 0000:01:00.0. -EINVAL with a sentence. `ret`
 * starts zeroed, and is the caller's to clean up in any case. */
int by_hand_parse(int argc, char **argv, struct by_hand_devices *ret,
                  struct error *error) _must_check_;

/* Adds what shares an IOMMU group with them, but for bridges. */
int by_hand_add_groups(struct by_hand_devices *devices, struct error *error) _must_check_;

void by_hand_devices_done(struct by_hand_devices *devices);

/* What a prepare for one device works with. Stays where it is while the prepare is used. */
struct by_hand {
    char *name; /* its journal's */
    struct domain domain;
    struct policy policy;
    struct prepare prepare;
};

/* Sets up the prepare of the i-th device, which goes with the others: `driver` is the VFIO driver
 * to be bound, NULL for the usual one. `ret` is the caller's to clean up in any case. */
int by_hand_begin(const struct by_hand_devices *devices, size_t i, const char *driver,
                  struct by_hand *ret, struct error *error) _must_check_;

/* Loads the journal of the device into the prepare. -ENOENT: there is none. -EBUSY with a sentence:
 * somebody is at work on it. */
int by_hand_load(struct by_hand *by_hand, struct error *error) _must_check_;

/* Starts the time anew that is allowed. */
void by_hand_allow_time(struct by_hand *by_hand);

void by_hand_done(struct by_hand *by_hand);

#define _cleanup_by_hand_devices_ _cleanup_(by_hand_devices_done)
#define _cleanup_by_hand_ _cleanup_(by_hand_done)
