/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * PCI Device Serial Numbers: an extended capability (PCI Express Base Specification, "Device Serial
 * Number Extended Capability") that many drives and network cards have, the functions of one card
 * all the same. Written as lspci does, most significant byte first: 00-25-38-5b-71-b0-ab-12.
 */

#include "util.h"

#define PCI_SERIAL_TEXT_MAX 24

/* Reads such a number. -EINVAL for anything else, and for those that mean "none": all bits alike.
 */
int pci_serial_parse(const char *text, uint64_t *ret) _must_check_;

/* `ret` has PCI_SERIAL_TEXT_MAX. */
void pci_serial_format(uint64_t serial, char *ret);

/* The serial number of a device, from a descriptor of its directory in /sys; 0 when it has none
 * that could be read. */
uint64_t pci_serial_read(int device);
