/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an option ROM is good for in a VM. Pure. */

#include "option-rom.h"

enum rom_use {
    ROM_UEFI,          /* a UEFI guest's firmware finds a driver that it can run */
    ROM_UEFI_STRANGER, /* it would, if that were for this device */
    ROM_UEFI_MACHINE,  /* what there is for UEFI is for another kind of processor */
    ROM_BIOS,          /* it is for a BIOS guest only */
    ROM_USELESS,       /* for neither */
};

/* For a guest of the kind of machine that a PE header calls `machine`, and for the device with this
 * id. `data` is what was parsed. */
enum rom_use rom_use(const struct option_rom *rom, const uint8_t *data, size_t size,
                     struct pci_id id, uint16_t machine);

/* The sentence; `display`: it is about a picture. Not owned. */
const char *rom_use_sentence(enum rom_use use, bool display);
