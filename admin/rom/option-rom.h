/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is in a PCI option ROM: a chain of images, each for one kind of firmware (PCI Firmware
 * Specification 3.0, chapter 5; UEFI Specification, "PCI Option ROMs"). NVIDIA's have one more
 * structure, NPDE, behind that of the standard, whose length and end of the chain count instead.
 * Bytes in, a struct out.
 */

#include <stdbool.h>

#include "pci-address.h"

#define OPTION_ROM_IMAGES_MAX 16

enum option_rom_kind {
    OPTION_ROM_BIOS = 0, /* the code types of the specification */
    OPTION_ROM_OPEN_FIRMWARE = 1,
    OPTION_ROM_HP_PA = 2,
    OPTION_ROM_EFI = 3,
};

struct option_rom_image {
    size_t offset, length; /* in bytes; the length may go beyond the end of what there is */
    struct pci_id id;
    uint32_t class;
    unsigned kind;       /* code type */
    size_t devices;      /* where a list of more devices begins, 0: there is none */
    bool last;           /* it says so */
    bool efi;            /* it has the header of an EFI image; then: */
    uint16_t machine;    /* as in a PE header: 0x8664 */
    uint16_t subsystem;  /* the same: 11 is a boot service driver */
    uint16_t compressed; /* 1: as the UEFI specification has it */
};

/* How the chain ended. */
enum option_rom_end {
    OPTION_ROM_COMPLETE, /* with an image that says that it is the last one */
    OPTION_ROM_NONE,     /* there is not one image */
    OPTION_ROM_CUT,      /* the bytes end before the chain does */
    OPTION_ROM_ODD,      /* what follows the images that were found is none */
    OPTION_ROM_TOO_MANY, /* images */
};

struct option_rom {
    struct option_rom_image images[OPTION_ROM_IMAGES_MAX];
    size_t count;
    enum option_rom_end end;
};

/* Finds the images. Some vendors' files have something of their own before the first one. */
void option_rom_parse(const uint8_t *data, size_t size, struct option_rom *ret);

/* Whether an image says that it is for this device. `data` is what was parsed. */
bool option_rom_fits(const struct option_rom_image *image, const uint8_t *data, size_t size,
                     struct pci_id id);

/* What a PE header calls the machine that this program was made for; 0: UEFI knows it by no number
 * that is known here. */
uint16_t option_rom_own_machine(void);

/* "x86-64" for the number of a PE header; NULL for one that is not known here. */
const char *option_rom_machine_name(uint16_t machine);
