/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where a PCI function sits: domain, bus, slot (device) and function, written 0000:01:00.0 by
 * lspci, sysfs and libvirt alike. Domains have four digits, or more behind Intel's VMD.
 */

#include <stdbool.h>

#include "util.h"

struct pci_address {
    uint32_t domain;
    uint8_t bus;
    uint8_t slot;     /* 0 to 31 */
    uint8_t function; /* 0 to 7 */
};

struct pci_id {
    uint16_t vendor;
    uint16_t device;
};

/* Room for the longest address and its end: 8 + 1 + 2 + 1 + 2 + 1 + 1, and the NUL. */
#define PCI_ADDRESS_TEXT_MAX 17

/* A value type for passing a formatted address to printf in place. */
struct pci_address_text {
    char text[PCI_ADDRESS_TEXT_MAX];
};

/* Reads `DDDD:BB:SS.F` (the domain may be left out: 0). -EINVAL when it is anything else. */
int pci_address_parse(const char *text, struct pci_address *ret) _must_check_;

/* Reads `VVVV:DDDD`, four hexadecimal digits each, as lspci -n prints it. -EINVAL otherwise. */
int pci_id_parse(const char *text, struct pci_id *ret) _must_check_;

/* Reads what a device is out of its modalias, into which the kernel writes all identification
 * (pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02); the class has 24 bits. -EINVAL. */
int pci_modalias_parse(const char *modalias, struct pci_id *ret, uint32_t *ret_class) _must_check_;

struct pci_address_text pci_address_format(struct pci_address address);

/* Orders by domain, bus, slot, function; 0 when they are the same, as strcmp does. */
int pci_address_compare(struct pci_address a, struct pci_address b);

/* Where, in an array ordered by address whose items of `size` bytes begin with theirs, the item
 * with this address is, or belongs: the index of the first one that is not below it. */
size_t pci_address_position(const void *items, size_t count, size_t size,
                            struct pci_address address);

static inline bool pci_address_equal(struct pci_address a, struct pci_address b) {
    return pci_address_compare(a, b) == 0;
}

static inline bool pci_id_equal(struct pci_id a, struct pci_id b) {
    return a.vendor == b.vendor && a.device == b.device;
}

#define PCI_ADDRESS_FORMAT(address) (pci_address_format(address).text)
