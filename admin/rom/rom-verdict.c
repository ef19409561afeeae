/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rom-verdict.h"

#define EFI_BYTE_CODE 0x0ebc

static bool is_for_uefi(const struct option_rom_image *image) {
    return image->kind == OPTION_ROM_EFI && image->efi;
}

/* Firmware of today's guests does not run byte code. */
static bool runs_on(const struct option_rom_image *image, uint16_t machine) {
    return machine != 0 && image->machine == machine;
}

static enum rom_use use_of(const struct option_rom_image *image, bool fits, uint16_t machine) {
    if (is_for_uefi(image) && !runs_on(image, machine))
        return ROM_UEFI_MACHINE;
    if (is_for_uefi(image))
        return fits ? ROM_UEFI : ROM_UEFI_STRANGER;
    return image->kind == OPTION_ROM_BIOS ? ROM_BIOS : ROM_USELESS;
}

/* The best of what its images are good for. */
enum rom_use rom_use(const struct option_rom *rom, const uint8_t *data, size_t size,
                     struct pci_id id, uint16_t machine) {
    enum rom_use best = ROM_USELESS;

    for (size_t i = 0; i < rom->count; i++) {
        const struct option_rom_image *image = &rom->images[i];
        enum rom_use use = use_of(image, option_rom_fits(image, data, size, id), machine);

        if (use < best)
            best = use;
    }
    return best;
}

const char *rom_use_sentence(enum rom_use use, bool display) {
    static const char *const of_displays[] = {
        [ROM_UEFI] = "A UEFI guest can show a picture from it before its own driver is there.",
        [ROM_UEFI_STRANGER] = "A UEFI guest shows no picture from it: the UEFI image is for "
                              "another device, and the guest's firmware passes it over.",
        [ROM_UEFI_MACHINE] = "A UEFI guest shows no picture from it until its own driver is there: "
                             "the UEFI image is for another kind of processor.",
        [ROM_BIOS] = "A UEFI guest shows no picture from it until its own driver is there, only a "
                     "BIOS guest does: look for a ROM with UEFI support at the card's maker.",
        [ROM_USELESS] = "No guest shows a picture from it until its own driver is there.",
    };
    static const char *const of_others[] = {
        [ROM_UEFI] = "A UEFI guest's firmware can use the device with it, to boot for example.",
        [ROM_UEFI_STRANGER] = "A UEFI guest's firmware makes no use of it: the UEFI image is for "
                              "another device.",
        [ROM_UEFI_MACHINE] = "A UEFI guest's firmware makes no use of it: the UEFI image is for "
                             "another kind of processor.",
        [ROM_BIOS] = "Only a BIOS guest's firmware makes use of it, a UEFI guest's does not.",
        [ROM_USELESS] = "No guest's firmware makes use of it.",
    };

    return display ? of_displays[use] : of_others[use];
}
