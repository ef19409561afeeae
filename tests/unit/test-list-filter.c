/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <string.h>

#include "list-filter.h"

#define GPU 0x030000
#define NVME 0x010802
#define BRIDGE 0x060400

static struct pci_address at(uint8_t bus, uint8_t slot) {
    return (struct pci_address){.bus = bus, .slot = slot};
}

static void assert_matches(struct list_filter filter, const struct pci_device *device) {
    assert_true(list_filter_matches(&filter, device));
}

static void assert_differs(struct list_filter filter, const struct pci_device *device) {
    assert_false(list_filter_matches(&filter, device));
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static void test_kinds(_unused_ void **state) {
    static const char *const valid[] = {"gpu",    "nvme",        "disk",  "net", "usb",  "audio",
                                        "bridge", "accelerator", "other", "03",  "0C03", "0c0330"};
    static const char *const invalid[] = {"",      "GPU",      "gpus", "3",   "030",
                                          "03000", "0300000",  "0x03", "03 ", " 03",
                                          "0g",    "\xff\xff", "03\n"};

    for (size_t i = 0; i < ELEMENTS(valid); i++)
        assert_true(list_kind_valid(valid[i]));
    for (size_t i = 0; i < ELEMENTS(invalid); i++)
        assert_false(list_kind_valid(invalid[i]));
}

static void test_every_kind_is_valid(_unused_ void **state) {
    for (uint32_t class = 0; class <= 0xffff; class ++) {
        struct pci_device device = {.class = class << 8};

        assert_true(list_kind_valid(pci_device_kind(&device)));
        assert_matches((struct list_filter){.kind = pci_device_kind(&device)}, &device);
    }
}

static void test_class_numbers(_unused_ void **state) {
    struct pci_device device = {.class = 0x0c0330};

    assert_matches((struct list_filter){.kind = "0c"}, &device);
    assert_matches((struct list_filter){.kind = "0C03"}, &device);
    assert_matches((struct list_filter){.kind = "0c0330"}, &device);
    assert_differs((struct list_filter){.kind = "0c0320"}, &device);
    assert_differs((struct list_filter){.kind = "0300"}, &device);
    assert_differs((struct list_filter){.kind = "03"}, &device);
}

/* ---- conditions ------------------------------------------------------------------------------ */

static void test_no_condition(_unused_ void **state) {
    assert_matches((struct list_filter){0}, &(struct pci_device){.group = PCI_GROUP_NONE});
    assert_matches((struct list_filter){0}, &(struct pci_device){.owner = PCI_OWNER_STUCK});
}

static void test_group(_unused_ void **state) {
    struct list_filter unasked = {.group = 7};

    assert_matches((struct list_filter){.by_group = true}, &(struct pci_device){.group = 0});
    assert_differs((struct list_filter){.by_group = true},
                   &(struct pci_device){.group = PCI_GROUP_NONE});
    assert_matches(unasked, &(struct pci_device){.group = 8});
}

static void test_only_free(_unused_ void **state) {
    static const enum pci_owner others[] = {PCI_OWNER_UNKNOWN, PCI_OWNER_HOST, PCI_OWNER_VM,
                                            PCI_OWNER_PROCESS, PCI_OWNER_STUCK};
    struct list_filter filter = {.free = true};

    assert_matches(filter, &(struct pci_device){.owner = PCI_OWNER_NOBODY});
    for (size_t i = 0; i < ELEMENTS(others); i++)
        assert_differs(filter, &(struct pci_device){.owner = others[i]});
}

static void test_addresses(_unused_ void **state) {
    const struct pci_address wanted[] = {at(1, 0), at(3, 0)};
    struct list_filter filter = {.devices = wanted, .n_devices = ELEMENTS(wanted)};

    assert_matches(filter, &(struct pci_device){.address = at(3, 0)});
    assert_differs(filter, &(struct pci_device){.address = at(2, 0)});
    assert_differs(filter, &(struct pci_device){.address = {.domain = 1, .bus = 3}});
}

static void test_all_conditions(_unused_ void **state) {
    const struct pci_address wanted = at(1, 0);
    struct list_filter filter = {&wanted, 1, true, 4, "gpu", true};
    const struct pci_device all = {
        .address = wanted, .group = 4, .class = GPU, .owner = PCI_OWNER_NOBODY};
    struct pci_device but_one = all;

    assert_matches(filter, &all);
    but_one.address = at(2, 0);
    assert_differs(filter, &but_one);
    but_one = all;
    but_one.group = 5;
    assert_differs(filter, &but_one);
    but_one = all;
    but_one.class = NVME;
    assert_differs(filter, &but_one);
    but_one = all;
    but_one.owner = PCI_OWNER_HOST;
    assert_differs(filter, &but_one);
}

/* ---- inventories ----------------------------------------------------------------------------- */

/* A root port with a switch below it, a drive below that, and a GPU beside it. */
static void make(struct inventory *inventory) {
    const struct pci_device devices[] = {
        {.address = at(0, 1), .class = BRIDGE, .bridge = true},
        {.address = at(0, 2), .class = GPU},
        {.address = at(1, 0),
         .class = BRIDGE,
         .bridge = true,
         .has_parent = true,
         .parent = at(0, 1)},
        {.address = at(2, 0), .class = NVME, .has_parent = true, .parent = at(1, 0)},
        /* The bridge above it is not known. */
        {.address = at(9, 0), .class = NVME, .has_parent = true, .parent = at(8, 0)},
    };

    *inventory =
        (struct inventory){calloc(ELEMENTS(devices), sizeof *devices), ELEMENTS(devices), false};
    assert_non_null(inventory->items);
    memcpy(inventory->items, devices, sizeof devices);
    /* Under a memory checker: what is taken out is freed, what stays is not. */
    for (size_t i = 0; i < inventory->count; i++) {
        inventory->items[i].name = strdup("name");
        inventory->items[i].holder = strdup("holder");
    }
}

static void assert_left(const struct inventory *inventory, const struct pci_address *addresses,
                        size_t count) {
    assert_int_equal(count, inventory->count);
    for (size_t i = 0; i < count; i++) {
        assert_true(pci_address_equal(addresses[i], inventory->items[i].address));
        assert_string_equal("name", inventory->items[i].name);
        assert_string_equal("holder", inventory->items[i].holder);
    }
}

static void test_apply(_unused_ void **state) {
    _cleanup_inventory_ struct inventory inventory = {0};

    make(&inventory);
    assert_int_equal(0,
                     list_filter_apply(&(struct list_filter){.kind = "nvme"}, false, &inventory));
    assert_left(&inventory, (struct pci_address[]){at(2, 0), at(9, 0)}, 2);
}

static void test_apply_with_bridges(_unused_ void **state) {
    _cleanup_inventory_ struct inventory inventory = {0};

    make(&inventory);
    assert_int_equal(0, list_filter_apply(&(struct list_filter){.kind = "nvme"}, true, &inventory));
    assert_left(&inventory, (struct pci_address[]){at(0, 1), at(1, 0), at(2, 0), at(9, 0)}, 4);
}

static void test_apply_to_all_and_none(_unused_ void **state) {
    _cleanup_inventory_ struct inventory inventory = {0};

    make(&inventory);
    assert_int_equal(0, list_filter_apply(&(struct list_filter){0}, false, &inventory));
    assert_int_equal(5, inventory.count);
    assert_int_equal(0, list_filter_apply(&(struct list_filter){.kind = "usb"}, true, &inventory));
    assert_int_equal(0, inventory.count);
    assert_int_equal(0, list_filter_apply(&(struct list_filter){0}, true, &inventory));
    assert_int_equal(0, inventory.count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("words and classes of two, four or six digits are kinds, and nothing else is",
               test_kinds),
        PROVES("what devices are said to be can be asked for", test_every_kind_is_valid),
        PROVES("a class is compared with as many digits as it has", test_class_numbers),
        PROVES("without a condition every device matches", test_no_condition),
        PROVES("group 0 is a group, and none is not group 0", test_group),
        PROVES("only what nobody holds is free", test_only_free),
        PROVES("an address is compared as a whole", test_addresses),
        PROVES("all conditions have to hold", test_all_conditions),
        PROVES("what does not match is taken out, and the order stays", test_apply),
        PROVES("the bridges above what matches stay when that is wanted", test_apply_with_bridges),
        PROVES("all, none, and none of none", test_apply_to_all_and_none),
    };

    return cmocka_run_group_tests_name("list-filter", tests, NULL, NULL);
}
