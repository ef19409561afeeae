/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is said of a device in a list. Texts are owned by the caller, NULL for lack of memory. */

#include "host-devices.h"

/* Whether addresses can be shown as lspci does, 01:00.0: all devices are in domain 0. */
bool list_is_short(const struct inventory *inventory);
struct pci_address_text list_address(struct pci_address address, bool is_short);

/* The name; empty when none is known. A long one without its middle: the vendor at its beginning
 * and the words at its end tell the most. */
char *list_name(const struct pci_device *device) _must_check_;

/* "VM win10", "host: its disk nvme0n1p1 is mounted at /srv", "free", "?". */
char *list_holder(const struct pci_device *device) _must_check_;

/* "boot display, VF 1 of 03:00.0, flr bus"; empty where there is nothing to say. */
char *list_flags(const struct pci_device *device, bool is_short) _must_check_;
