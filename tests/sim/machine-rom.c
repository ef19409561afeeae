/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* ---- rom=HEX[,HEX...]: images, each filled up to a multiple of this ---------------------------
 */

#define UNIT 512

static bool add_image(struct machine_rom *rom, const char *hex) {
    size_t digits = strlen(hex), length = (digits / 2 + UNIT - 1) / UNIT * UNIT;
    unsigned char *image;

    if (digits == 0 || digits % 2 != 0 || strspn(hex, "0123456789abcdef") != digits)
        return false;
    rom->bytes = grow(rom->bytes, rom->length + length, 1);
    image = rom->bytes + rom->length;
    memset(image, 0, length);
    for (size_t i = 0; i < digits / 2; i++) {
        unsigned byte = 0;

        (void)sscanf(hex + 2 * i, "%2x", &byte);
        image[i] = (unsigned char)byte;
    }
    rom->length += length;
    return true;
}

bool parse_rom(const struct reader *reader, char *value, struct machine_rom *rom) {
    char *hex;

    while ((hex = strsep(&value, ",")))
        if (!add_image(rom, hex))
            return complain(reader, "rom=%s: expected bytes in hexadecimal, 55aa01...", hex);
    return true;
}
