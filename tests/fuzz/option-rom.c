/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An option ROM: whatever a device answers there. */
#include "fuzz.h"

#include "option-rom.h"
#include "rom-verdict.h"

static void check_image(const struct option_rom *rom, size_t i, const uint8_t *data, size_t size) {
    const struct option_rom_image *image = &rom->images[i];

    REQUIRE(image->offset < size && image->offset % 512 == 0 && image->length % 512 == 0);
    REQUIRE(data[image->offset] == 0x55 && data[image->offset + 1] == 0xaa);
    REQUIRE(image->class <= 0xffffff);
    REQUIRE(option_rom_fits(image, data, size, image->id));
    /* One begins where the one before ends. */
    if (i > 0)
        REQUIRE(image->offset == rom->images[i - 1].offset + rom->images[i - 1].length);
    if (i + 1 < rom->count)
        REQUIRE(!image->last && image->length > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct pci_id id = {0x10de, 0x1e87};
    struct option_rom rom;

    option_rom_parse(data, size, &rom);
    REQUIRE(rom.count <= OPTION_ROM_IMAGES_MAX);
    REQUIRE((rom.count == 0) == (rom.end == OPTION_ROM_NONE));
    for (size_t i = 0; i < rom.count; i++) {
        check_image(&rom, i, data, size);
        (void)option_rom_fits(&rom.images[i], data, size, id);
    }
    if (rom.end == OPTION_ROM_COMPLETE)
        REQUIRE(rom.images[rom.count - 1].last);
    REQUIRE(rom_use_sentence(rom_use(&rom, data, size, id, 0x8664), true));
    return 0;
}
