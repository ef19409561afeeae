/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <string.h>

#include "list-text.h"

/* ---- names ----------------------------------------------------------------------------------- */

static void assert_name(const char *expected, const char *name) {
    _cleanup_free_ char *copy = name ? strdup(name) : NULL;
    _cleanup_free_ char *shown = list_name(&(struct pci_device){.name = copy});

    assert_non_null(shown);
    assert_string_equal(expected, shown);
    if (name)
        assert_string_equal(name, copy);
}

static void test_short_names(_unused_ void **state) {
    assert_name("", NULL);
    assert_name("", "");
    assert_name("Samsung 980 PRO", "Samsung 980 PRO");
    /* Also when there is something in parentheses. */
    assert_name("Intel I210 (Gigabit)", "Intel I210 (Gigabit)");
    assert_name("123456789 123456789 123456789 123456", "123456789 123456789 123456789 123456");
}

static void test_middle(_unused_ void **state) {
    assert_name("Samsung ... SM981/PM981/PM983",
                "Samsung Electronics NVMe SSD Controller SM981/PM981/PM983");
    assert_name("123456789 ... 123456789 1234567", "123456789 123456789 123456789 1234567");
}

static void test_subsystem(_unused_ void **state) {
    assert_name("NVIDIA GM204 [GeForce GTX 970]", "NVIDIA GM204 [GeForce GTX 970] (Strix Edition)");
    assert_name("LSI 53C896/897",
                "LSI 53C896/897 (6221L-4U (Dual U2W SCSI, dual 10/100TX, graphics))");
    /* Of two of them the last one. */
    assert_name("Maker Thing (first)", "Maker Thing (first) (second is who sells it)");
}

static void test_odd_parentheses(_unused_ void **state) {
    assert_name("Maker ... of it at(the.very.end)",
                "Maker Thing with no blank in front of it at(the.very.end)");
    assert_name("Maker ... that is not the end",
                "Maker Thing (in parentheses) that is not the end");
    assert_name("Maker ... parenthesis that closes)",
                "Maker Thing with no more than a parenthesis that closes)");
    assert_name("Maker ... (which never closes",
                "Maker Thing with a parenthesis (which never closes");
    /* Nothing would be left. */
    assert_name("(All ... is within parentheses)",
                "(All of the name of the thing is within parentheses)");
}

static void test_long_words(_unused_ void **state) {
    assert_name("A-single-word-that-is-longer-than-any-table-has",
                "A-single-word-that-is-longer-than-any-table-has");
    assert_name("Maker A-single-word-that-is-longer-than-any-table-has",
                "Maker A-single-word-that-is-longer-than-any-table-has");
    assert_name("A-maker-whose-name-alone-is-longer-than-the-table-allows-it 1",
                "A-maker-whose-name-alone-is-longer-than-the-table-allows-it 1");
}

/* It is cut at blanks, which are no part of another character. */
static void test_other_characters(_unused_ void **state) {
    assert_name("M\u00fcller ... Umlauten: ein Ger\u00e4t",
                "M\u00fcller \u00c4u\u00dferst langer Name mit Umlauten: ein Ger\u00e4t");
    assert_name(
        "\xff\xfe ... \x80\x80 end",
        "\xff\xfe \xff\xff\xff\xff \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff \x80\x80 end");
}

static void test_no_name_is_longer(_unused_ void **state) {
    char name[200];

    for (size_t blank = 1; blank < 60; blank++)
        for (size_t length = blank + 1; length < sizeof name; length++) {
            struct pci_device device = {.name = name};
            _cleanup_free_ char *shown = NULL;

            for (size_t i = 0; i < length; i++)
                name[i] = i % blank == blank - 1 ? ' ' : 'x';
            name[length] = '\0';
            shown = list_name(&device);
            assert_non_null(shown);
            assert_true(strlen(shown) <= length);
            if (blank < 16)
                assert_true(strlen(shown) <= 36);
        }
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void test_addresses(_unused_ void **state) {
    struct pci_device devices[] = {{.address = {0, 1, 0, 0}}, {.address = {0x10000, 1, 0x1f, 7}}};

    assert_true(list_is_short(&(struct inventory){0}));
    assert_true(list_is_short(&(struct inventory){.items = devices, .count = 1}));
    assert_false(list_is_short(&(struct inventory){.items = devices, .count = 2}));
    assert_string_equal("01:00.0", list_address(devices[0].address, true).text);
    assert_string_equal("0000:01:00.0", list_address(devices[0].address, false).text);
    assert_string_equal("10000:01:1f.7", list_address(devices[1].address, false).text);
}

static void assert_flags(const char *expected, struct pci_device device) {
    _cleanup_free_ char *flags = list_flags(&device, true);

    assert_non_null(flags);
    assert_string_equal(expected, flags);
}

static void test_flags(_unused_ void **state) {
    assert_flags("", (struct pci_device){0});
    assert_flags("no reset", (struct pci_device){.resets_known = true});
    assert_flags("flr bus", (struct pci_device){.resets_known = true, .resets = "flr bus"});
    assert_flags("bridge",
                 (struct pci_device){.bridge = true, .resets_known = true, .resets = "pm"});
    assert_flags("VF of 03:00.0",
                 (struct pci_device){.is_vf = true, .vf = -1, .physfn = {.bus = 3}});
    assert_flags("0 of 8 VFs, VF 0 of 03:00.0",
                 (struct pci_device){.vfs_possible = 8, .is_vf = true, .physfn = {.bus = 3}});
    assert_flags("boot display, early, detached, UEFI ROM, bus",
                 (struct pci_device){.boot_display = true,
                                     .reserved = true,
                                     .detached = true,
                                     .rom = "UEFI ROM",
                                     .resets_known = true,
                                     .resets = "bus"});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a name that fits is shown as it is, and none is an empty one", test_short_names),
        PROVES("a long name lacks its middle: the maker and the last words stay", test_middle),
        PROVES("who sells it goes first, with all that is in its parentheses", test_subsystem),
        PROVES("parentheses that do not match, or are elsewhere, are words", test_odd_parentheses),
        PROVES("words are not cut, however long", test_long_words),
        PROVES("no character is cut, nor what is none", test_other_characters),
        PROVES("where there are words enough every name fits, and none gets longer",
               test_no_name_is_longer),
        PROVES("addresses are short where all are in domain 0", test_addresses),
        PROVES("flags are in order, and only where there is something to say", test_flags),
    };

    return cmocka_run_group_tests_name("list-text", tests, NULL, NULL);
}
