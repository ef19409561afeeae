/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "early-settings.h"
#include "kernel-line.h"
#include "pci-path.h"
#include "pci-serial.h"

/* ---- sections and keys ---------------------------------------------------------------------- */

static void takes_all_ways(_unused_ void **state) {
    static const char *const sections[] = {
        "device 0000:05:00.0",
        "device 05:00.0",
        "id 144d:a80a",
        "serial 00-25-38-5b-71-b0-ab-12",
        "path pci0000:00/1c.4/00.0",
        "path pci0000:00/0e.0/pci10000:e0/06.0/00.0",
    };
    _cleanup_error_ struct error error = {0};
    struct early_file file = {.path = "x.conf"};

    for (size_t i = 0; i < ELEMENTS(sections); i++)
        assert_int_equal(early_set(&file, sections[i], NULL, NULL, &error), 0);
    assert_int_equal(file.rules.count, ELEMENTS(sections));
    assert_int_equal(file.rules.items[2].by, EARLY_BY_ID);
    assert_true(file.rules.items[3].serial == UINT64_C(0x0025385b71b0ab12));
    early_rules_done(&file.rules);
}

static void refuses_other_sections(_unused_ void **state) {
    static const char *const sections[] = {
        "",
        "device",
        "device ",
        "device 0000:05:00",
        "device 0000:05:00.0 ",
        "devices 0000:05:00.0",
        "id 144d",
        "id 144d:a80a:1",
        "serial 00-00-00-00-00-00-00-00",
        "serial ff-ff-ff-ff-ff-ff-ff-ff",
        "serial 00-25-38-5b-71-b0-ab",
        "serial 00:25:38:5b:71:b0:ab:12",
        "path 0000:00/1c.4/00.0",
        "path pci0000:00",
        "path pci0000:00/1c.4/",
        "path pci0000:00/../00.0",
        "path /pci0000:00/00.0",
        "path 1c.4/00.0",
    };

    for (size_t i = 0; i < ELEMENTS(sections); i++) {
        _cleanup_error_ struct error error = {0};
        struct early_file file = {.path = "x.conf"};

        assert_int_equal(early_set(&file, sections[i], NULL, NULL, &error), -EINVAL);
        assert_non_null(strstr(error_text(&error), "expected"));
        early_rules_done(&file.rules);
    }
}

static const struct setting {
    const char *section, *name, *value;
    int result;
} settings[] = {
    {"device 0000:05:00.0", "id", "144d:a80a", 0},
    {"device 0000:05:00.0", "id", "144da80a", -EINVAL},
    {"id 144d:a80a", "id", "144d:a80a", -EINVAL},
    {"device 0000:05:00.0", "with", "slot", 0},
    {"device 0000:05:00.0", "with", "group", -EINVAL},
    {"device 0000:05:00.0", "boot-display", "yes", 0},
    {"device 0000:05:00.0", "boot-display", "1", -EINVAL},
    {"device 0000:05:00.0", "sriov-vfs", "4", 0},
    {"device 0000:05:00.0", "sriov-vfs", "0", -EINVAL},
    {"device 0000:05:00.0", "sriov-vfs", "4x", -EINVAL},
    {"device 0000:05:00.0", "vf", "3", 0},
    {"device 0000:05:00.0", "vf", "0-3", 0},
    {"device 0000:05:00.0", "vf", "3-0", -EINVAL},
    {"device 0000:05:00.0", "vf", "0-", -EINVAL},
    {"device 0000:05:00.0", "vf", "-3", -EINVAL},
    {"device 0000:05:00.0", "vf", "0-3,5", -EINVAL},
    {"device 0000:05:00.0", "vf", "0-99999999", -EINVAL},
    {"device 0000:05:00.0", "driver", "vfio-pci", -EINVAL},
};

static void takes_keys(_unused_ void **state) {
    for (size_t i = 0; i < ELEMENTS(settings); i++) {
        const struct setting *s = &settings[i];
        _cleanup_error_ struct error error = {0};
        struct early_file file = {.path = "x.conf"};

        assert_int_equal(early_set(&file, s->section, NULL, NULL, &error), 0);
        if (early_set(&file, s->section, s->name, s->value, &error) != s->result)
            fail_msg("%s = %s", s->name, s->value);
        early_rules_done(&file.rules);
    }
}

static void refuses_what_does_not_go_together(_unused_ void **state) {
    static const struct early_rule bad[] = {
        {.section = (char *)"serial", .by = EARLY_BY_SERIAL, .serial = 1},
        {.section = (char *)"vf", .has_vfs = true, .with = EARLY_WITH_SLOT},
        {.section = (char *)"vf", .has_vfs = true, .last_vf = 4, .sriov_vfs = 4},
    };

    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        _cleanup_error_ struct error error = {0};

        assert_int_equal(early_check(&bad[i], &error), -EINVAL);
    }
}

/* ---- paths ---------------------------------------------------------------------------------- */

static void paths_from_links(_unused_ void **state) {
    static const struct {
        const char *link, *path;
    } links[] = {
        {"../../../devices/pci0000:00/0000:00:1c.4/0000:05:00.0", "pci0000:00/1c.4/00.0"},
        {"../../../devices/pci0000:00/0000:00:1f.2", "pci0000:00/1f.2"},
        {"/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
         "pci0000:00/0e.0/pci10000:e0/06.0/00.0"},
        {"../../../devices/pci0000:80/0000:80:03.0/0000:82:00.0", "pci0000:80/03.0/00.0"},
        /* The same slot on other buses. */
        {"../../../devices/pci0000:00/0000:00:1c.4/0000:07:00.0", "pci0000:00/1c.4/00.0"},
    };

    for (size_t i = 0; i < ELEMENTS(links); i++) {
        _cleanup_free_ char *path = pci_path_from_link(links[i].link);

        assert_non_null(path);
        assert_string_equal(path, links[i].path);
        assert_true(pci_path_valid(path));
    }
    assert_null(pci_path_from_link("../../../devices/platform/serial8250"));
    assert_null(pci_path_from_link("../../../devices/pci0000:00"));
    assert_null(pci_path_from_link(""));
}

static void patterns_for_udev(_unused_ void **state) {
    _cleanup_free_ char *simple = pci_path_pattern("pci0000:00/1c.4/00.0"),
                        *vmd = pci_path_pattern("pci0000:00/0e.0/pci10000:e0/06.0/00.0");

    assert_string_equal(simple, "/devices/pci0000:00/0000:??:1c.4/0000:??:00.0");
    assert_string_equal(vmd,
                        "/devices/pci0000:00/0000:??:0e.0/pci10000:e0/10000:??:06.0/10000:??:00.0");
}

static void serials_both_ways(_unused_ void **state) {
    static const char text[] = "3c-fd-fe-ff-ff-12-34-56";
    char formatted[PCI_SERIAL_TEXT_MAX];
    uint64_t serial;

    assert_int_equal(pci_serial_parse(text, &serial), 0);
    pci_serial_format(serial, formatted);
    assert_string_equal(formatted, text);
}

/* ---- the kernel line ------------------------------------------------------------------------ */

static void way_back_in(_unused_ void **state) {
    assert_true(kernel_line_turns_off("hostdevctl.early=off"));
    assert_true(kernel_line_turns_off("root=/dev/sda1 ro hostdevctl.early=off quiet\n"));
    assert_true(kernel_line_turns_off("quiet\thostdevctl.early=off\n"));
    assert_false(kernel_line_turns_off(""));
    assert_false(kernel_line_turns_off("hostdevctl.early=offline"));
    assert_false(kernel_line_turns_off("xhostdevctl.early=off"));
    assert_false(kernel_line_turns_off("dyndbg=\"x hostdevctl.early=off\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a device is named by address, id, serial number or path", takes_all_ways),
        PROVES("a section that names nothing is refused, and the sentence tells what was expected",
               refuses_other_sections),
        PROVES("keys take what they are for, and nothing else", takes_keys),
        PROVES("what makes no sense together is refused", refuses_what_does_not_go_together),
        PROVES("a path is what a link in /sys has without domains and buses", paths_from_links),
        PROVES("udev's pattern for a path leaves buses open, and nothing else", patterns_for_udev),
        PROVES("a serial number is written as it is read", serials_both_ways),
        PROVES("hostdevctl.early=off is found as a word of its own", way_back_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
