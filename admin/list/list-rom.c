/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-rom.h"

#include "deadline.h"
#include "rom-read.h"
#include "rom-verdict.h"

#define PATIENCE_USEC (5 * USEC_PER_SEC)

static const char *const words[] = {
    [ROM_UEFI] = "UEFI ROM",
    [ROM_UEFI_STRANGER] = "ROM of another device",
    [ROM_UEFI_MACHINE] = "no UEFI ROM",
    [ROM_BIOS] = "no UEFI ROM",
    [ROM_USELESS] = "useless ROM",
};

/* NULL: it has none, or it cannot be read. */
static const char *word_of(const struct pci_device *device) {
    _cleanup_error_ struct error error = {0};
    _cleanup_rom_ struct rom rom = {0};
    struct option_rom parsed;

    if (rom_find(device->address, "", &rom, &error) < 0 ||
        rom_read(device->address, "", now_usec() + PATIENCE_USEC, &rom, &error) < 0)
        return NULL;
    option_rom_parse(rom.data, rom.size, &parsed);
    return words[rom_use(&parsed, rom.data, rom.size, device->id, option_rom_own_machine())];
}

void list_read_roms(struct inventory *inventory) {
    for (size_t i = 0; i < inventory->count; i++) {
        struct pci_device *device = &inventory->items[i];

        if (device->owner == PCI_OWNER_NOBODY && !device->bridge)
            device->rom = word_of(device);
    }
}
