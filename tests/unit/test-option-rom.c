/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <string.h>

#include "option-rom.h"
#include "rom-verdict.h"
#include "util.h"

#define X86_64 0x8664
#define ARM64 0xaa64

static const struct pci_id card = {0x10de, 0x1e87}, other = {0x10de, 0x1e84};

static void put16(uint8_t *bytes, size_t offset, unsigned value) {
    bytes[offset] = (uint8_t)value;
    bytes[offset + 1] = (uint8_t)(value >> 8);
}

/* ---- what a ROM is made of ------------------------------------------------------------------- */

struct made {
    uint8_t bytes[16384];
    size_t size;
};

/* Appends an image of so many units of 512 bytes, whose PCIR is at 0x20. */
static uint8_t *add(struct made *rom, unsigned kind, struct pci_id id, unsigned units, bool last) {
    uint8_t *image = rom->bytes + rom->size, *pcir = image + 0x20;

    put16(image, 0, 0xaa55);
    put16(image, 0x18, 0x20);
    memcpy(pcir, (const uint8_t[]){'P', 'C', 'I', 'R'}, 4);
    put16(pcir, 0x04, id.vendor);
    put16(pcir, 0x06, id.device);
    put16(pcir, 0x0a, 0x18);
    pcir[0x0f] = 0x03;
    put16(pcir, 0x10, units);
    pcir[0x14] = (uint8_t)kind;
    pcir[0x15] = last ? 0x80 : 0;
    rom->size += (size_t)units * 512;
    return image;
}

static uint8_t *add_efi(struct made *rom, struct pci_id id, unsigned machine, bool last) {
    uint8_t *image = add(rom, OPTION_ROM_EFI, id, 2, last);

    put16(image, 0x04, 0x0ef1);
    put16(image, 0x08, 11);
    put16(image, 0x0a, machine);
    put16(image, 0x0c, 1);
    return image;
}

static struct option_rom parse(const struct made *rom) {
    struct option_rom parsed;

    option_rom_parse(rom->bytes, rom->size, &parsed);
    return parsed;
}

static enum rom_use use(const struct made *rom) {
    struct option_rom parsed = parse(rom);

    return rom_use(&parsed, rom->bytes, rom->size, card, X86_64);
}

/* ---- whole ones ------------------------------------------------------------------------------ */

static void reads_a_bios_image(_unused_ void **state) {
    struct made made = {0};
    struct option_rom rom;

    add(&made, OPTION_ROM_BIOS, card, 3, true);
    rom = parse(&made);
    assert_int_equal(rom.count, 1);
    assert_int_equal(rom.end, OPTION_ROM_COMPLETE);
    assert_int_equal(rom.images[0].kind, OPTION_ROM_BIOS);
    assert_int_equal(rom.images[0].length, 1536);
    assert_int_equal(rom.images[0].class, 0x030000);
    assert_false(rom.images[0].efi);
    assert_int_equal(use(&made), ROM_BIOS);
}

static void reads_a_uefi_image(_unused_ void **state) {
    struct made made = {0};
    struct option_rom rom;

    add_efi(&made, card, X86_64, true);
    rom = parse(&made);
    assert_int_equal(rom.count, 1);
    assert_int_equal(rom.end, OPTION_ROM_COMPLETE);
    assert_true(rom.images[0].efi);
    assert_int_equal(rom.images[0].machine, X86_64);
    assert_int_equal(rom.images[0].subsystem, 11);
    assert_int_equal(rom.images[0].compressed, 1);
    assert_int_equal(use(&made), ROM_UEFI);
}

static void reads_both(_unused_ void **state) {
    struct made made = {0};
    struct option_rom rom;

    add(&made, OPTION_ROM_BIOS, card, 3, false);
    add_efi(&made, card, X86_64, true);
    rom = parse(&made);
    assert_int_equal(rom.count, 2);
    assert_int_equal(rom.end, OPTION_ROM_COMPLETE);
    assert_int_equal(rom.images[1].offset, 1536);
    assert_int_equal(use(&made), ROM_UEFI);
}

static void stops_at_the_last_image(_unused_ void **state) {
    struct made made = {0};

    add(&made, OPTION_ROM_BIOS, card, 1, true);
    add_efi(&made, card, X86_64, true);
    assert_int_equal(parse(&made).count, 1);
    assert_int_equal(use(&made), ROM_BIOS);
}

static void believes_npde(_unused_ void **state) {
    struct made made = {0};
    uint8_t *image = add(&made, OPTION_ROM_BIOS, card, 4, true), *npde = image + 0x40;
    struct option_rom rom;

    memcpy(npde, "NPDE", 4);
    put16(npde, 0x08, 2);
    npde[0x0a] = 0;
    made.size = 1024;
    add_efi(&made, card, X86_64, true);
    rom = parse(&made);
    assert_int_equal(rom.count, 2);
    assert_int_equal(rom.images[0].length, 1024);
    assert_false(rom.images[0].last);
    assert_int_equal(rom.end, OPTION_ROM_COMPLETE);
}

static void finds_the_first_behind_a_header(_unused_ void **state) {
    struct made made = {.size = 1024};

    memcpy(made.bytes, "NVGI", 4);
    add(&made, OPTION_ROM_BIOS, card, 1, true);
    assert_int_equal(parse(&made).count, 1);
    assert_int_equal(parse(&made).images[0].offset, 1024);
}

/* ---- for whom -------------------------------------------------------------------------------- */

static void tells_whom_it_is_for(_unused_ void **state) {
    struct made made = {0};
    struct option_rom rom;
    uint8_t *pcir;

    pcir = add_efi(&made, other, X86_64, true) + 0x20;
    assert_int_equal(use(&made), ROM_UEFI_STRANGER);
    /* A list of devices, of which the second is the card. Before revision 3 there is none. */
    put16(pcir, 0x08, 0x18);
    put16(pcir, 0x18, 0x1111);
    put16(pcir, 0x1a, card.device);
    pcir[0x0c] = 0;
    assert_int_equal(use(&made), ROM_UEFI_STRANGER);
    pcir[0x0c] = 3;
    assert_int_equal(use(&made), ROM_UEFI);
    /* It ends with a zero. */
    put16(pcir, 0x18, 0);
    assert_int_equal(use(&made), ROM_UEFI_STRANGER);
    /* Or with the bytes. */
    memset(pcir + 0x18, 0x11, made.size - 0x38);
    rom = parse(&made);
    assert_false(option_rom_fits(&rom.images[0], made.bytes, made.size, card));
    assert_true(option_rom_fits(&rom.images[0], made.bytes, made.size, other));
}

static void another_vendors_device_is_another(_unused_ void **state) {
    struct made made = {0};

    add_efi(&made, (struct pci_id){0x1002, card.device}, X86_64, true);
    assert_int_equal(use(&made), ROM_UEFI_STRANGER);
}

static void another_processors_image_is_no_use(_unused_ void **state) {
    struct made made = {0};

    add(&made, OPTION_ROM_BIOS, card, 1, false);
    add_efi(&made, card, ARM64, true);
    assert_int_equal(use(&made), ROM_UEFI_MACHINE);
}

static void uefi_needs_its_header(_unused_ void **state) {
    struct made made = {0};

    put16(add_efi(&made, card, X86_64, true), 0x04, 0x0ef2);
    assert_false(parse(&made).images[0].efi);
    assert_int_equal(use(&made), ROM_USELESS);
}

/* ---- broken ones ----------------------------------------------------------------------------- */

static void tells_where_it_is_cut(_unused_ void **state) {
    struct made made = {0};

    add(&made, OPTION_ROM_BIOS, card, 3, false);
    assert_int_equal(parse(&made).end, OPTION_ROM_CUT);
    assert_int_equal(parse(&made).count, 1);
    add_efi(&made, card, X86_64, true);
    for (size_t size = made.size; size-- > 1536;) {
        struct option_rom rom;

        option_rom_parse(made.bytes, size, &rom);
        assert_int_not_equal(rom.end, OPTION_ROM_COMPLETE);
    }
}

static void every_prefix_is_read_within_its_bounds(_unused_ void **state) {
    struct made made = {0};

    add(&made, OPTION_ROM_BIOS, card, 1, false);
    add_efi(&made, card, X86_64, true);
    for (size_t size = 0; size < made.size; size++) {
        _cleanup_free_ uint8_t *bytes = malloc(size + (size == 0));
        struct option_rom rom;

        assert_non_null(bytes);
        memcpy(bytes, made.bytes, size);
        option_rom_parse(bytes, size, &rom);
        for (size_t i = 0; i < rom.count; i++)
            (void)option_rom_fits(&rom.images[i], bytes, size, other);
    }
}

static void garbage_has_no_image(_unused_ void **state) {
    struct made made = {.size = 8192};
    uint32_t number = 1;

    for (size_t i = 0; i < made.size; i++)
        made.bytes[i] = (uint8_t)((number = number * 1103515245 + 12345) >> 16);
    assert_int_equal(parse(&made).end, OPTION_ROM_NONE);
    memset(made.bytes, 0xff, made.size);
    assert_int_equal(parse(&made).end, OPTION_ROM_NONE);
    assert_int_equal(use(&made), ROM_USELESS);
    made.size = 0;
    assert_int_equal(parse(&made).end, OPTION_ROM_NONE);
}

static void what_follows_may_be_no_image(_unused_ void **state) {
    struct made made = {0};

    add(&made, OPTION_ROM_BIOS, card, 1, false);
    made.size += 512;
    assert_int_equal(parse(&made).end, OPTION_ROM_ODD);
    assert_int_equal(parse(&made).count, 1);
}

static void absurd_lengths_end_it(_unused_ void **state) {
    struct made made = {0};
    uint8_t *image = add(&made, OPTION_ROM_BIOS, card, 1, false);

    put16(image, 0x20 + 0x10, 0xffff);
    assert_int_equal(parse(&made).end, OPTION_ROM_CUT);
    assert_int_equal(parse(&made).images[0].length, 0xffff * 512);
    /* One of no length would be followed by itself. */
    put16(image, 0x20 + 0x10, 0);
    assert_int_equal(parse(&made).end, OPTION_ROM_ODD);
    assert_int_equal(parse(&made).count, 1);
    put16(image, 0x18, 0xffff);
    assert_int_equal(parse(&made).end, OPTION_ROM_NONE);
}

static void does_not_go_on_for_ever(_unused_ void **state) {
    struct made made = {0};

    for (size_t i = 0; i <= OPTION_ROM_IMAGES_MAX; i++)
        add(&made, OPTION_ROM_BIOS, card, 1, false);
    assert_int_equal(parse(&made).count, OPTION_ROM_IMAGES_MAX);
    assert_int_equal(parse(&made).end, OPTION_ROM_TOO_MANY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a ROM for BIOS is read", reads_a_bios_image),
        PROVES("a ROM for UEFI is read", reads_a_uefi_image),
        PROVES("one for both is, and a UEFI guest can use it", reads_both),
        PROVES("what is behind the last image is none", stops_at_the_last_image),
        PROVES("NVIDIA's length and end count more", believes_npde),
        PROVES("a vendor's own header may be before the first image",
               finds_the_first_behind_a_header),
        PROVES("an image is for the devices it names, also in a list", tells_whom_it_is_for),
        PROVES("the same number of another vendor is another device",
               another_vendors_device_is_another),
        PROVES("an image for another processor is no use", another_processors_image_is_no_use),
        PROVES("one for UEFI has to have its header", uefi_needs_its_header),
        PROVES("a ROM that was cut anywhere is told from a whole one", tells_where_it_is_cut),
        PROVES("nothing behind the end is looked at", every_prefix_is_read_within_its_bounds),
        PROVES("garbage has no image", garbage_has_no_image),
        PROVES("what follows an image may be none", what_follows_may_be_no_image),
        PROVES("absurd lengths end it", absurd_lengths_end_it),
        PROVES("a chain without an end ends", does_not_go_on_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
