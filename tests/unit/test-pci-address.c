/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "pci-address.h"

static void reads_addresses(_unused_ void **state) {
    static const struct {
        const char *text, *formatted;
    } good[] = {
        {"0000:01:00.0", "0000:01:00.0"},
        {"01:00.1", "0000:01:00.1"},
        {"0001:FF:1f.7", "0001:ff:1f.7"},
        {"10000:e1:00.0", "10000:e1:00.0"},
    };

    for (size_t i = 0; i < ELEMENTS(good); i++) {
        struct pci_address address;

        assert_int_equal(pci_address_parse(good[i].text, &address), 0);
        assert_string_equal(PCI_ADDRESS_FORMAT(address), good[i].formatted);
    }
}

static void refuses_what_is_none(_unused_ void **state) {
    static const char *const bad[] = {
        "",           "0000:01:00",     "0000:01:00.8", "0000:01:20.0",      "1:00.0",
        "0000:1:0.0", "0000:01:00.0 ",  "0x00:01:00.0", "+001:01:00.0",      "0000:01:00.0/..",
        "pci",        "0000:0001:00.0", "000:01:00.0",  "123456789:01:00.0",
    };

    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        struct pci_address address;

        assert_int_equal(pci_address_parse(bad[i], &address), -EINVAL);
    }
}

static void orders_as_lspci(_unused_ void **state) {
    static const char *const order[] = {"0000:00:1f.0", "0000:00:1f.3", "0000:01:00.0",
                                        "0001:00:00.0"};

    for (size_t i = 0; i + 1 < ELEMENTS(order); i++) {
        struct pci_address a, b;

        assert_int_equal(pci_address_parse(order[i], &a), 0);
        assert_int_equal(pci_address_parse(order[i + 1], &b), 0);
        assert_true(pci_address_compare(a, b) < 0);
        assert_true(pci_address_compare(b, a) > 0);
        assert_true(pci_address_equal(a, a));
    }
}

static void reads_ids(_unused_ void **state) {
    struct pci_id id;

    assert_int_equal(pci_id_parse("10de:13C2", &id), 0);
    assert_int_equal(id.vendor, 0x10de);
    assert_int_equal(id.device, 0x13c2);
    assert_int_equal(pci_id_parse("10de", &id), -EINVAL);
    assert_int_equal(pci_id_parse("10de:13c2:", &id), -EINVAL);
    assert_int_equal(pci_id_parse("10de:3c2", &id), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("an address is read with and without its domain", reads_addresses),
        PROVES("what is no address is refused", refuses_what_is_none),
        PROVES("addresses are ordered as lspci orders them", orders_as_lspci),
        PROVES("vendor:device is read as lspci -n prints it", reads_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
