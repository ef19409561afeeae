/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The bytes of a device's option ROM, through `rom` in its directory in /sys (kernel
 * Documentation/PCI/sysfs-pci.rst). `device` is how messages name the device.
 */

#include <stdbool.h>

#include "error.h"
#include "pci-address.h"

struct rom {
    uint8_t *data;
    size_t size;
    bool shadow; /* it is the copy in memory that the host's firmware has run, and changed */
};

/* Finds out whether there is one, without touching the device; fills in all but the bytes. -ENOENT
 * with a sentence that says why there is none. */
int rom_find(struct pci_address address, const char *device, struct rom *ret,
             struct error *error) _must_check_;

/* Reads the bytes, in a worker, until the deadline. Whether the file in /sys can be read is as
 * before afterwards, also when this process is killed meanwhile. Only root can do it. */
int rom_read(struct pci_address address, const char *device, uint64_t deadline, struct rom *ret,
             struct error *error) _must_check_;

void rom_done(struct rom *rom);

#define _cleanup_rom_ _cleanup_(rom_done)
