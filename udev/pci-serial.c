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

static bool read_word(int config, size_t offset, uint32_t *ret) {
    if (offset + sizeof *ret > CONFIG_SIZE ||
        pread(config, ret, sizeof *ret, (off_t)offset) != sizeof *ret)
        return false;
    *ret = le32toh(*ret);
    return true;
}

/* Each header holds the capability's id and where the next one is. No more is read than that:
 * reading what is not defined has been seen to lock up devices. */
static uint64_t find(int config) {
    size_t offset = CAPABILITIES;
    uint32_t header, low, high;

    /* Not for ever, should a broken device have them in a ring. */
    for (unsigned i = 0; i < (CONFIG_SIZE - CAPABILITIES) / 8; i++) {
        if (offset < CAPABILITIES || !read_word(config, offset, &header))
            return 0;
        if ((header & 0xffff) == CAPABILITY_SERIAL)
            return read_word(config, offset + 4, &low) && read_word(config, offset + 8, &high)
                       ? (uint64_t)high << 32 | low
                       : 0;
        offset = header >> 20 & 0xffc;
    }
    return 0;
}

uint64_t pci_serial_read(int device) {
    _cleanup_close_ int fd = openat(device, "config", O_RDONLY | O_CLOEXEC);
    uint64_t serial = fd < 0 ? 0 : find(fd);

    return is_none(serial) ? 0 : serial;
}
