/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pci-address.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Reads `min` to `max` hexadecimal digits at *text and moves behind them; strtoul would take
 * signs, blanks and 0x. */
static int parse_hex(const char **text, unsigned min, unsigned max, uint32_t *ret) {
    uint32_t value = 0;
    unsigned digits = 0;

    for (; isxdigit((unsigned char)**text); (*text)++, digits++) {
        int c = tolower((unsigned char)**text);

        if (digits == max)
            return -EINVAL;
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (digits < min)
        return -EINVAL;
    *ret = value;
    return 0;
}

static int parse_char(const char **text, char expected) {
    if (**text != expected)
        return -EINVAL;
    (*text)++;
    return 0;
}

int pci_address_parse(const char *text, struct pci_address *ret) {
    uint32_t domain = 0, bus, slot, function;
    const char *first = strchr(text, ':');

    /* Two colons: the domain is there. */
    if (first && strchr(first + 1, ':'))
        if (parse_hex(&text, 4, 8, &domain) < 0 || parse_char(&text, ':') < 0)
            return -EINVAL;
    if (parse_hex(&text, 2, 2, &bus) < 0 || parse_char(&text, ':') < 0 ||
        parse_hex(&text, 2, 2, &slot) < 0 || parse_char(&text, '.') < 0 ||
        parse_hex(&text, 1, 1, &function) < 0 || *text)
        return -EINVAL;
    if (slot > 31 || function > 7)
        return -EINVAL;
    *ret = (struct pci_address){
        .domain = domain,
        .bus = (uint8_t)bus,
        .slot = (uint8_t)slot,
        .function = (uint8_t)function,
    };
    return 0;
}

int pci_id_parse(const char *text, struct pci_id *ret) {
    uint32_t vendor, device;

    if (parse_hex(&text, 4, 4, &vendor) < 0 || parse_char(&text, ':') < 0 ||
        parse_hex(&text, 4, 4, &device) < 0 || *text)
        return -EINVAL;
    *ret = (struct pci_id){.vendor = (uint16_t)vendor, .device = (uint16_t)device};
    return 0;
}

int pci_modalias_parse(const char *modalias, struct pci_id *ret, uint32_t *ret_class) {
    unsigned vendor, device, base, sub, interface;

    /* sscanf would take signs. */
    if (strpbrk(modalias, "+-") || sscanf(modalias, "pci:v%8Xd%8Xsv%*8Xsd%*8Xbc%2Xsc%2Xi%2X",
                                          &vendor, &device, &base, &sub, &interface) != 5)
        return -EINVAL;
    *ret = (struct pci_id){.vendor = (uint16_t)vendor, .device = (uint16_t)device};
    *ret_class = base << 16 | sub << 8 | interface;
    return 0;
}

struct pci_address_text pci_address_format(struct pci_address address) {
    struct pci_address_text ret;

    snprintf(ret.text, sizeof ret.text, "%04x:%02x:%02x.%x", address.domain, address.bus,
             address.slot & 31U, address.function & 7U);
    return ret;
}

int pci_address_compare(struct pci_address a, struct pci_address b) {
    if (a.domain != b.domain)
        return a.domain < b.domain ? -1 : 1;
    if (a.bus != b.bus)
        return a.bus - b.bus;
    if (a.slot != b.slot)
        return a.slot - b.slot;
    return a.function - b.function;
}

size_t pci_address_position(const void *items, size_t count, size_t size,
                            struct pci_address address) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct pci_address *there = (const void *)((const char *)items + middle * size);

        if (pci_address_compare(*there, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
