/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How PCI devices are named, by people and by the kernel: addresses, ids, modaliases, serial
 * numbers (also in a device's configuration space), and the bridges it sits behind.
 */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>

#include "pci-address.h"
#include "pci-path.h"
#include "pci-serial.h"

static void check_address(const char *text) {
    struct pci_address address, again;

    if (pci_address_parse(text, &address) < 0)
        return;
    REQUIRE(address.slot < 32 && address.function < 8);
    REQUIRE(pci_address_parse(PCI_ADDRESS_FORMAT(address), &again) == 0);
    REQUIRE(pci_address_equal(address, again));
}

static void check_id(const char *text) {
    struct pci_id id, again;
    char written[10];

    if (pci_id_parse(text, &id) < 0)
        return;
    snprintf(written, sizeof written, "%04x:%04x", id.vendor, id.device);
    REQUIRE(strcasecmp(written, text) == 0);
    REQUIRE(pci_id_parse(written, &again) == 0 && pci_id_equal(id, again));
}

static void check_modalias(const char *text) {
    struct pci_id id;
    uint32_t class;

    if (pci_modalias_parse(text, &id, &class) == 0)
        REQUIRE(class <= 0xffffff);
}

static void check_serial(const char *text) {
    char written[PCI_SERIAL_TEXT_MAX];
    uint64_t serial;

    if (pci_serial_parse(text, &serial) < 0)
        return;
    REQUIRE(serial != 0 && serial != UINT64_MAX);
    pci_serial_format(serial, written);
    REQUIRE(strcasecmp(written, text) == 0);
}

/* The bytes as a device's configuration space. */
static void check_config(const uint8_t *data, size_t size) {
    char written[PCI_SERIAL_TEXT_MAX];
    uint64_t serial, again;

    /* Before this there are no capabilities of the kind. */
    if (size <= 0x100)
        return;
    fuzz_write(fuzz_directory(), "config", data, size);
    serial = pci_serial_read(fuzz_directory());
    if (serial == 0)
        return;
    pci_serial_format(serial, written);
    REQUIRE(pci_serial_parse(written, &again) == 0 && again == serial);
}

/* It goes into a rule of udev's: it must hold nothing that means something there, and no more than
 * a '?' for what is not known. */
static void check_pattern(const char *path) {
    _cleanup_free_ char *pattern = pci_path_pattern(path);

    REQUIRE(pattern && strncmp(pattern, "/devices/pci", strlen("/devices/pci")) == 0);
    for (const char *c = pattern; *c; c++)
        REQUIRE(isalnum((unsigned char)*c) || strchr("/:.?", *c));
}

static void check_path(const char *text) {
    _cleanup_free_ char *path = pci_path_from_link(text);

    if (path) {
        REQUIRE(pci_path_valid(path));
        check_pattern(path);
    }
    if (!pci_path_valid(text))
        return;
    REQUIRE(strspn(text, "pci0123456789abcdef:./") == strlen(text));
    check_pattern(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    _cleanup_free_ char *text = fuzz_text(data, size);
    int next = fuzz_next_descriptor();

    check_address(text);
    check_id(text);
    check_modalias(text);
    check_serial(text);
    check_path(text);
    check_config(data, size);
    /* The directory stays open from the first time on. */
    REQUIRE(fuzz_next_descriptor() <= next + 1);
    return 0;
}
