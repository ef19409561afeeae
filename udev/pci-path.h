/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The stable path of a PCI device: the bridges it sits behind. It is the device's path in
 * /sys/devices without what the firmware numbers anew when a card is added, domain and bus of each
 * function:
 *
 *     /sys/devices/pci0000:00/0000:00:1c.4/0000:05:00.0     pci0000:00/1c.4/00.0
 *
 * Root buses keep their names; a controller that has PCI domains of its own below it (Intel's VMD)
 * is a step like any other.
 */

#include <stdbool.h>

#include "pci-address.h"

/* Makes one out of what the link in /sys/bus/pci/devices points to. NULL for lack of memory, or
 * when it is no such path. Owned by the caller. */
char *pci_path_from_link(const char *link) _must_check_;

/* Whether it is written as one: root buses and functions, ending with a function. */
bool pci_path_valid(const char *path);

/* The device at the path. -ENOENT when there is none. */
int pci_path_find(const char *path, struct pci_address *ret) _must_check_;

/* A pattern, as udev has them, for the DEVPATH of whatever is at the path. Owned by the caller,
 * NULL for lack of memory. */
char *pci_path_pattern(const char *path) _must_check_;
