/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option-rom.h"

#include <string.h>

#define UNIT 512 /* lengths are told in these, and images begin at multiples of it */

/* The header of an image, and of one for UEFI. */
#define HEADER_SIZE 0x1a
#define HEADER_SIGNATURE 0xaa55
#define HEADER_PCIR 0x18
#define EFI_SIGNATURE 0x0ef1
#define EFI_SIGNATURE_AT 0x04
#define EFI_SUBSYSTEM 0x08
#define EFI_MACHINE 0x0a
#define EFI_COMPRESSION 0x0c

/* The PCI data structure. */
#define PCIR_SIZE 0x18
#define PCIR_VENDOR 0x04
#define PCIR_DEVICE 0x06
#define PCIR_DEVICES 0x08
#define PCIR_LENGTH 0x0a
#define PCIR_REVISION 0x0c
#define PCIR_CLASS 0x0d
#define PCIR_IMAGE_LENGTH 0x10
#define PCIR_CODE_TYPE 0x14
#define PCIR_INDICATOR 0x15
#define LAST 0x80

/* Since this revision there is a list of devices, where there was something else before. */
#define REVISION_WITH_DEVICES 3

/* NVIDIA's own, on the next multiple of this behind it. */
#define NPDE_ALIGNMENT 16
#define NPDE_SIZE 0x0b
#define NPDE_IMAGE_LENGTH 0x08
#define NPDE_INDICATOR 0x0a

/* A ROM BAR has no more (PCI Local Bus Specification, 6.2.5.2), so nothing begins behind this. */
#define ROM_MAX ((size_t)16 << 20)

struct bytes {
    const uint8_t *data;
    size_t size;
};

static bool has(struct bytes bytes, size_t offset, size_t length) {
    return offset <= bytes.size && length <= bytes.size - offset;
}

static uint16_t get16(struct bytes bytes, size_t offset) {
    return (uint16_t)(bytes.data[offset] | bytes.data[offset + 1] << 8);
}

static uint32_t get24(struct bytes bytes, size_t offset) {
    return get16(bytes, offset) | (uint32_t)bytes.data[offset + 2] << 16;
}

static bool is_header(struct bytes bytes, size_t offset) {
    return has(bytes, offset, HEADER_SIZE) && get16(bytes, offset) == HEADER_SIGNATURE;
}

/* ---- one image ------------------------------------------------------------------------------- */

static void read_npde(struct bytes bytes, size_t pcir, struct option_rom_image *image) {
    size_t end = pcir - image->offset + get16(bytes, pcir + PCIR_LENGTH);
    size_t npde = image->offset + (end + NPDE_ALIGNMENT - 1) / NPDE_ALIGNMENT * NPDE_ALIGNMENT;

    if (!has(bytes, npde, NPDE_SIZE) || memcmp(bytes.data + npde, "NPDE", 4) != 0)
        return;
    image->length = (size_t)get16(bytes, npde + NPDE_IMAGE_LENGTH) * UNIT;
    image->last = bytes.data[npde + NPDE_INDICATOR] & LAST;
}

static void read_efi(struct bytes bytes, struct option_rom_image *image) {
    size_t at = image->offset;

    image->efi = image->kind == OPTION_ROM_EFI &&
                 get16(bytes, at + EFI_SIGNATURE_AT) == EFI_SIGNATURE &&
                 get16(bytes, at + EFI_SIGNATURE_AT + 2) == 0;
    if (!image->efi)
        return;
    image->subsystem = get16(bytes, at + EFI_SUBSYSTEM);
    image->machine = get16(bytes, at + EFI_MACHINE);
    image->compressed = get16(bytes, at + EFI_COMPRESSION);
}

static void read_pcir(struct bytes bytes, size_t pcir, struct option_rom_image *image) {
    image->id.vendor = get16(bytes, pcir + PCIR_VENDOR);
    image->id.device = get16(bytes, pcir + PCIR_DEVICE);
    image->class = get24(bytes, pcir + PCIR_CLASS);
    image->length = (size_t)get16(bytes, pcir + PCIR_IMAGE_LENGTH) * UNIT;
    image->kind = bytes.data[pcir + PCIR_CODE_TYPE];
    image->last = bytes.data[pcir + PCIR_INDICATOR] & LAST;
    if (bytes.data[pcir + PCIR_REVISION] >= REVISION_WITH_DEVICES &&
        get16(bytes, pcir + PCIR_DEVICES) != 0)
        image->devices = pcir + get16(bytes, pcir + PCIR_DEVICES);
}

/* Whether there is one at the offset. */
static bool read_image(struct bytes bytes, size_t offset, struct option_rom_image *ret) {
    struct option_rom_image image = {.offset = offset};
    size_t pcir;

    if (!is_header(bytes, offset))
        return false;
    pcir = offset + get16(bytes, offset + HEADER_PCIR);
    if (!has(bytes, pcir, PCIR_SIZE) || memcmp(bytes.data + pcir, "PCIR", 4) != 0)
        return false;
    read_pcir(bytes, pcir, &image);
    read_efi(bytes, &image);
    read_npde(bytes, pcir, &image);
    *ret = image;
    return true;
}

/* ---- the chain ------------------------------------------------------------------------------- */

static bool find_first(struct bytes bytes, size_t *ret) {
    struct option_rom_image image;

    for (size_t offset = 0; offset < bytes.size && offset < ROM_MAX; offset += UNIT)
        if (read_image(bytes, offset, &image)) {
            *ret = offset;
            return true;
        }
    return false;
}

/* Why there is no image at the offset, behind at least one. */
static enum option_rom_end end_at(struct bytes bytes, size_t offset) {
    return has(bytes, offset, HEADER_SIZE) ? OPTION_ROM_ODD : OPTION_ROM_CUT;
}

void option_rom_parse(const uint8_t *data, size_t size, struct option_rom *ret) {
    struct bytes bytes = {data, size};
    size_t offset;

    *ret = (struct option_rom){.end = OPTION_ROM_NONE};
    if (!find_first(bytes, &offset))
        return;
    while (ret->count < OPTION_ROM_IMAGES_MAX) {
        struct option_rom_image *image = &ret->images[ret->count];

        if (!read_image(bytes, offset, image)) {
            ret->end = end_at(bytes, offset);
            return;
        }
        ret->count++;
        if (!has(bytes, offset, image->length)) {
            ret->end = OPTION_ROM_CUT;
            return;
        }
        if (image->last || image->length == 0) {
            ret->end = image->last && image->length > 0 ? OPTION_ROM_COMPLETE : OPTION_ROM_ODD;
            return;
        }
        offset += image->length;
    }
    ret->end = OPTION_ROM_TOO_MANY;
}

/* ---- whom it is for -------------------------------------------------------------------------- */

bool option_rom_fits(const struct option_rom_image *image, const uint8_t *data, size_t size,
                     struct pci_id id) {
    struct bytes bytes = {data, size};

    if (image->id.vendor != id.vendor)
        return false;
    if (image->id.device == id.device)
        return true;
    for (size_t entry = image->devices; image->devices > 0 && has(bytes, entry, 2); entry += 2) {
        if (get16(bytes, entry) == 0)
            return false;
        if (get16(bytes, entry) == id.device)
            return true;
    }
    return false;
}

uint16_t option_rom_own_machine(void) {
#if defined(__x86_64__)
    return 0x8664;
#elif defined(__i386__)
    return 0x014c;
#elif defined(__aarch64__)
    return 0xaa64;
#elif defined(__riscv) && __riscv_xlen == 64
    return 0x5064;
#elif defined(__loongarch64)
    return 0x6264;
#else
    return 0;
#endif
}

const char *option_rom_machine_name(uint16_t machine) {
    switch (machine) {
    case 0x014c:
        return "x86";
    case 0x8664:
        return "x86-64";
    case 0x0200:
        return "Itanium";
    case 0x0ebc:
        return "EFI byte code";
    case 0x01c2:
        return "ARM";
    case 0xaa64:
        return "ARM64";
    case 0x5064:
        return "RISC-V 64";
    case 0x6264:
        return "LoongArch 64";
    default:
        return NULL;
    }
}
