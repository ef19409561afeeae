/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pci-serial.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define CONFIG_SIZE 4096
#define CAPABILITIES 0x100 /* where the extended ones begin */
#define CAPABILITY_SERIAL 0x0003

static bool is_none(uint64_t serial) {
    return serial == 0 || serial == UINT64_MAX;
}

int pci_serial_parse(const char *text, uint64_t *ret) {
    uint64_t serial = 0;

    if (strlen(text) != PCI_SERIAL_TEXT_MAX - 1)
        return -EINVAL;
    for (unsigned i = 0; i < PCI_SERIAL_TEXT_MAX - 1; i++) {
        int c = tolower((unsigned char)text[i]);

        if (i % 3 == 2 ? c != '-' : !isxdigit(c))
            return -EINVAL;
        if (i % 3 != 2)
            serial = serial << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (is_none(serial))
        return -EINVAL;
    *ret = serial;
    return 0;
}

void pci_serial_format(uint64_t serial, char *ret) {
    for (unsigned i = 0; i < 8; i++)
        ret += sprintf(ret, "%s%02x", i > 0 ? "-" : "", (unsigned)(serial >> (56 - 8 * i)) & 0xff);
}

static uint32_t word_at(const uint8_t *config, size_t offset) {
    uint32_t word;

    memcpy(&word, config + offset, sizeof word);
    return le32toh(word);
}

/* Each header holds the capability's id and where the next one is. */
static uint64_t find(const uint8_t *config, size_t size) {
    size_t offset = CAPABILITIES;

    /* Not for ever, should a broken device have them in a ring. */
    for (unsigned i = 0; i < (CONFIG_SIZE - CAPABILITIES) / 8; i++) {
        uint32_t header;

        if (offset < CAPABILITIES || offset + 12 > size)
            return 0;
        header = word_at(config, offset);
        if ((header & 0xffff) == CAPABILITY_SERIAL)
            return (uint64_t)word_at(config, offset + 8) << 32 | word_at(config, offset + 4);
        offset = header >> 20 & 0xffc;
    }
    return 0;
}

uint64_t pci_serial_read(int device) {
    _cleanup_close_ int fd = openat(device, "config", O_RDONLY | O_CLOEXEC);
    uint8_t config[CONFIG_SIZE];
    ssize_t size = fd < 0 ? -1 : read(fd, config, sizeof config);
    uint64_t serial = size < 0 ? 0 : find(config, (size_t)size);

    return is_none(serial) ? 0 : serial;
}
