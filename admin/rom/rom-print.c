/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rom-print.h"

#include <errno.h>
#include <string.h>

#include "json-print.h"
#include "json-record.h"
#include "rom-verdict.h"
#include "say.h"
#include "table.h"
#include "text.h"
#include "xml-text.h"

static bool fits(const struct rom_report *report, const struct option_rom_image *image) {
    return option_rom_fits(image, report->bytes->data, report->bytes->size, report->of->id);
}

#define CLASS_DISPLAY 0x03

static bool is_display(const struct rom_report *report) {
    return report->of->class >> 16 == CLASS_DISPLAY;
}

static enum rom_use use(const struct rom_report *report) {
    return rom_use(report->rom, report->bytes->data, report->bytes->size, report->of->id,
                   option_rom_own_machine());
}

/* ---- for people ------------------------------------------------------------------------------ */

static const struct table_column columns[] = {
    {"OFFSET", 0}, {"BYTES", 0}, {"FOR", 0}, {"DEVICE", 0}, {"CLASS", 0}, {"FITS", 0},
};

#define COLUMN_FITS 5

static char *describe_efi(const struct option_rom_image *image) {
    const char *machine = option_rom_machine_name(image->machine);
    const char *compressed = image->compressed ? ", compressed" : "";

    if (!image->efi)
        return text_format("UEFI, damaged");
    return machine ? text_format("UEFI on %s%s", machine, compressed)
                   : text_format("UEFI on machine %#06x%s", image->machine, compressed);
}

static char *describe(const struct option_rom_image *image) {
    switch (image->kind) {
    case OPTION_ROM_BIOS:
        return text_format("BIOS");
    case OPTION_ROM_OPEN_FIRMWARE:
        return text_format("Open Firmware");
    case OPTION_ROM_HP_PA:
        return text_format("HP PA-RISC");
    case OPTION_ROM_EFI:
        return describe_efi(image);
    default:
        return text_format("code type %#x", image->kind);
    }
}

static int add_row(struct table *table, const struct rom_report *report,
                   const struct option_rom_image *image) {
    _cleanup_free_ char *offset = text_format("%#zx", image->offset), *kind = describe(image),
                        *length = text_format("%zu", image->length), *class = NULL, *id = NULL;
    bool good = fits(report, image);

    id = text_format("%04x:%04x", image->id.vendor, image->id.device);
    class = text_format("%06x", image->class);
    if (!offset || !length || !kind || !id || !class)
        return -ENOMEM;
    return table_add(table, good ? TABLE_GOOD : TABLE_DOUBTFUL,
                     (const char *[]){offset, length, kind, id, class, good ? "yes" : "no"});
}

/* A text without arguments; NULL when there is nothing to say. */
static const char *trouble(enum option_rom_end end) {
    switch (end) {
    case OPTION_ROM_COMPLETE:
        return NULL;
    case OPTION_ROM_NONE:
        return "there is no image in it";
    case OPTION_ROM_CUT:
        return "it ends before its last image does: what was read is not all of it";
    case OPTION_ROM_ODD:
        return "what follows the last of these images is none, and no image says that it is the "
               "last";
    case OPTION_ROM_TOO_MANY:
        return "it has more images than any firmware would look at";
    }
    return NULL;
}

static void print_warnings(const struct rom_report *report) {
    const char *text = trouble(report->rom->end);

    if (text)
        say_warning("the ROM is damaged: %s", text);
    if (report->bytes->shadow)
        say_warning("this is the copy in memory that the host's firmware has run, and may have "
                    "changed, without an image for UEFI: have the host boot with another display "
                    "to read what is on the card");
}

static void print_saved(const char *file) {
    printf("\nSaved in %s. To have a VM use that, put it into the device's <hostdev> (QEMU has\n"
           "to be able to read the file):\n"
           "  <rom file='",
           file);
    xml_text_write(stdout, file, strlen(file));
    puts("'/>");
}

int rom_print(const struct rom_report *report) {
    _cleanup_table_ struct table table = {
        .columns = columns, .column_count = ELEMENTS(columns), .coloured = COLUMN_FITS};

    for (size_t i = 0; i < report->rom->count; i++)
        if (add_row(&table, report, &report->rom->images[i]) < 0)
            return -ENOMEM;
    printf("%s, %04x:%04x: option ROM of %zu bytes\n\n", report->device, report->of->id.vendor,
           report->of->id.device, report->bytes->size);
    if (table.row_count > 0) {
        table_print(&table, stdout);
        putchar('\n');
    }
    puts(rom_use_sentence(use(report), is_display(report)));
    if (report->saved)
        print_saved(report->saved);
    print_warnings(report);
    return 0;
}

/* ---- for scripts ----------------------------------------------------------------------------- */

static const char *end_word(enum option_rom_end end) {
    static const char *const words[] = {
        [OPTION_ROM_COMPLETE] = "complete", [OPTION_ROM_NONE] = "none",
        [OPTION_ROM_CUT] = "cut",           [OPTION_ROM_ODD] = "odd",
        [OPTION_ROM_TOO_MANY] = "too-many",
    };

    return words[end];
}

/* What is not known is null. */
static bool add_text(struct json_object *object, const char *key, const char *text) {
    if (!text)
        return json_object_object_add(object, key, NULL) == 0;
    return json_add(object, key, json_object_new_string(text));
}

static bool add_number(struct json_object *object, const char *key, size_t number) {
    return json_add(object, key, json_object_new_int64((int64_t)number));
}

static bool add_bool(struct json_object *object, const char *key, bool value) {
    return json_add(object, key, json_object_new_boolean(value));
}

static bool add_id(struct json_object *object, struct pci_id id) {
    char text[16];

    snprintf(text, sizeof text, "%04x:%04x", id.vendor, id.device);
    return add_text(object, "id", text);
}

static bool add_class(struct json_object *object, uint32_t class) {
    char text[16];

    snprintf(text, sizeof text, "%06x", class);
    return add_text(object, "class", text);
}

static bool add_efi(struct json_object *object, const struct option_rom_image *image) {
    if (image->kind != OPTION_ROM_EFI)
        return true;
    if (!image->efi)
        return add_text(object, "machine", NULL);
    return add_number(object, "machine", image->machine) &&
           add_text(object, "machine-name", option_rom_machine_name(image->machine)) &&
           add_number(object, "subsystem", image->subsystem) &&
           add_bool(object, "compressed", image->compressed);
}

static struct json_object *image_object(const struct rom_report *report,
                                        const struct option_rom_image *image) {
    struct json_object *object = json_object_new_object();

    if (object && add_number(object, "offset", image->offset) &&
        add_number(object, "length", image->length) &&
        add_number(object, "code-type", image->kind) && add_id(object, image->id) &&
        add_class(object, image->class) && add_bool(object, "fits", fits(report, image)) &&
        add_bool(object, "last", image->last) && add_efi(object, image))
        return object;
    json_object_put(object);
    return NULL;
}

static struct json_object *image_array(const struct rom_report *report) {
    _cleanup_json_ struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < report->rom->count; i++)
        if (!json_append(array, image_object(report, &report->rom->images[i])))
            return NULL;
    return take_pointer(array);
}

int rom_print_json(const struct rom_report *report) {
    _cleanup_json_ struct json_object *object = json_object_new_object();

    if (!object || !add_text(object, "device", PCI_ADDRESS_FORMAT(report->of->address)) ||
        !add_text(object, "name", report->of->name) || !add_id(object, report->of->id) ||
        !add_bool(object, "display", is_display(report)) ||
        !add_number(object, "size", report->bytes->size) ||
        !add_bool(object, "shadow", report->bytes->shadow) ||
        !json_add(object, "images", image_array(report)) ||
        !add_text(object, "end", end_word(report->rom->end)) ||
        !add_bool(object, "uefi-guest", use(report) == ROM_UEFI) ||
        !add_text(object, "saved", report->saved))
        return -ENOMEM;
    return json_print(object);
}
