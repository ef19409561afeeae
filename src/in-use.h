/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whether the host is using a PCI device: its disks (mounted, swap, part of a volume), network
 * interfaces that are up, its picture on the console, device files that a process has open, virtual
 * functions. What cannot be told counts as use, never as free.
 */

#include "pci-address.h"

/* 0: nobody uses it. 1: *ret tells who, "its disk nvme0n1p1 is mounted or otherwise in use"; owned
 * by the caller. Negative errno when it cannot be told. Reads nothing that waits for the device's
 * driver; opening a disk may. */
int in_use(struct pci_address address, char **ret) _must_check_;
