/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "early-plan.h"
#include "early-settings.h"
#include "early-udev.h"

/*
 * A workstation: three identical drives, the host boots from the first of them; two identical GPUs
 * with their sound functions, the first one shows the boot; a root port; a network card whose two
 * ports have one serial number, and two virtual functions of its first port.
 */
enum { PORT, DRIVE0, DRIVE1, DRIVE2, GPU0, SOUND0, GPU1, SOUND1, NIC0, NIC1, VF0, VF1, DEVICES };

struct fixture {
    struct early_device devices[DEVICES];
    struct early_host host;
    struct early_file file;
    struct early_plan plan;
};

static struct pci_address at(const char *text) {
    struct pci_address address;

    assert_int_equal(pci_address_parse(text, &address), 0);
    return address;
}

static struct early_device device(const char *address, uint32_t id, uint32_t class, int group) {
    return (struct early_device){
        .address = at(address),
        .id = {.vendor = (uint16_t)(id >> 16), .device = (uint16_t)id},
        .class = class,
        .group = group,
        .vf = -1,
    };
}

static void add_vf(struct fixture *f, int which, const char *address, int number) {
    f->devices[which] = device(address, 0x8086154c, 0x020000, 20 + number);
    f->devices[which].is_vf = true;
    f->devices[which].physfn = f->devices[NIC0].address;
    f->devices[which].vf = number;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);

    f->devices[PORT] = device("0000:00:01.0", 0x80861901, 0x060400, 1);
    f->devices[DRIVE0] = device("0000:01:00.0", 0x144da80a, 0x010802, 10);
    f->devices[DRIVE1] = device("0000:02:00.0", 0x144da80a, 0x010802, 11);
    f->devices[DRIVE2] = device("0000:03:00.0", 0x144da80a, 0x010802, 12);
    f->devices[GPU0] = device("0000:04:00.0", 0x10de13c2, 0x030000, 1);
    f->devices[SOUND0] = device("0000:04:00.1", 0x10de0fbb, 0x040300, 1);
    f->devices[GPU1] = device("0000:05:00.0", 0x10de13c2, 0x030000, 1);
    f->devices[SOUND1] = device("0000:05:00.1", 0x10de0fbb, 0x040300, 1);
    f->devices[NIC0] = device("0000:06:00.0", 0x80861572, 0x020000, 13);
    f->devices[NIC1] = device("0000:06:00.1", 0x80861572, 0x020000, 14);
    add_vf(f, VF0, "0000:06:02.0", 0);
    add_vf(f, VF1, "0000:06:02.1", 1);

    f->devices[DRIVE0].needed = "the root file system";
    f->devices[DRIVE0].serial = 0x0025385b71b0ab11;
    f->devices[DRIVE1].serial = 0x0025385b71b0ab12;
    f->devices[DRIVE1].path = strdup("pci0000:00/1c.4/00.0");
    f->devices[GPU0].boot_display = true;
    f->devices[NIC0].serial = f->devices[NIC1].serial = f->devices[VF0].serial = 0x3cfdfeffff123456;
    f->host = (struct early_host){f->devices, DEVICES};
    f->file.path = "test.conf";
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;

    free(f->devices[DRIVE1].path);
    early_plan_done(&f->plan);
    early_rules_done(&f->file.rules);
    free(f);
    return 0;
}

/* A section and its settings, "id=144d:a80a with=slot". */
static void conf(struct fixture *f, const char *section, const char *settings) {
    _cleanup_error_ struct error error = {0};
    _cleanup_free_ char *copy = strdup(settings);
    char *rest = copy, *setting;

    assert_int_equal(early_set(&f->file, section, NULL, NULL, &error), 0);
    while ((setting = strsep(&rest, " "))) {
        char *value = strchr(setting, '=');

        if (!value)
            continue;
        *value++ = '\0';
        assert_int_equal(early_set(&f->file, section, setting, value, &error), 0);
    }
    assert_int_equal(early_check(&f->file.rules.items[f->file.rules.count - 1], &error), 0);
}

static void plan(struct fixture *f) {
    early_plan_done(&f->plan);
    assert_int_equal(early_plan(&f->file.rules, &f->host, &f->plan), 0);
}

/* "0000:02:00.0 0000:05:00.1": all that is reserved. */
static const char *reserved(const struct fixture *f) {
    static char text[512];

    *text = '\0';
    for (size_t i = 0; i < f->plan.count; i++)
        if (f->plan.verdicts[i].outcome == EARLY_RESERVE)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " " : "",
                     PCI_ADDRESS_FORMAT(f->plan.verdicts[i].address));
    return text;
}

/* Why the only device that is named stays. */
static const char *why(const struct fixture *f, enum early_outcome outcome) {
    assert_int_equal(f->plan.count, 1);
    assert_int_equal(f->plan.verdicts[0].outcome, outcome);
    return f->plan.verdicts[0].why;
}

static void one_of_three(void **state) {
    struct fixture *f = *state;

    conf(f, "device 0000:02:00.0", "id=144d:a80a");
    plan(f);
    assert_string_equal(reserved(f), "0000:02:00.0");
}

static void other_id(void **state) {
    struct fixture *f = *state;

    conf(f, "device 0000:02:00.0", "id=144d:a808");
    plan(f);
    assert_string_equal(why(f, EARLY_LEAVE), "it is 144d:a80a, and not what id = 144d:a808 says");
}

static void nothing_there(void **state) {
    struct fixture *f = *state;

    conf(f, "device 0000:0a:00.0", "");
    plan(f);
    assert_string_equal(why(f, EARLY_MISSING), "there is no device at 0000:0a:00.0");
}

static void all_but_the_hosts(void **state) {
    struct fixture *f = *state;

    conf(f, "id 144d:a80a", "");
    plan(f);
    assert_string_equal(reserved(f), "0000:02:00.0 0000:03:00.0");
    assert_int_equal(f->plan.verdicts[0].outcome, EARLY_LEAVE);
    assert_string_equal(f->plan.verdicts[0].why,
                        "the host itself needs it for the root file system");
}

static void by_serial(void **state) {
    struct fixture *f = *state;

    conf(f, "serial 00-25-38-5b-71-b0-ab-12", "id=144d:a80a");
    plan(f);
    assert_string_equal(reserved(f), "0000:02:00.0");
}

static void serial_of_nobody(void **state) {
    struct fixture *f = *state;

    conf(f, "serial 00-25-38-5b-71-b0-ab-99", "id=144d:a80a");
    plan(f);
    assert_string_equal(why(f, EARLY_MISSING), "no 144d:a80a has this serial number");
}

static void serial_of_two(void **state) {
    struct fixture *f = *state;

    f->devices[DRIVE2].serial = f->devices[DRIVE1].serial;
    conf(f, "serial 00-25-38-5b-71-b0-ab-12", "id=144d:a80a");
    plan(f);
    assert_string_equal(
        why(f, EARLY_LEAVE),
        "0000:03:00.0 has the same serial number: there is no telling which one is meant");
}

static void serial_of_a_card(void **state) {
    struct fixture *f = *state;

    conf(f, "serial 3c-fd-fe-ff-ff-12-34-56", "id=8086:1572");
    plan(f);
    assert_string_equal(why(f, EARLY_LEAVE),
                        "0000:06:00.1 is a function of the same card, with the same serial number: "
                        "say with = slot to reserve the card");
    f->file.rules.items[0].with = EARLY_WITH_SLOT;
    plan(f);
    assert_string_equal(reserved(f), "0000:06:00.0 0000:06:00.1");
}

static void by_path(void **state) {
    struct fixture *f = *state;

    conf(f, "path pci0000:00/1c.4/00.0", "");
    plan(f);
    assert_string_equal(reserved(f), "0000:02:00.0");
    f->file.rules.items[0].has_id = true;
    plan(f);
    assert_string_equal(why(f, EARLY_LEAVE), "it is 144d:a80a, and not what id = 0000:0000 says");
}

static void twins_of_gpus(void **state) {
    struct fixture *f = *state;

    conf(f, "id 10de:13c2", "with=slot");
    plan(f);
    assert_string_equal(reserved(f), "0000:05:00.0 0000:05:00.1");
    assert_int_equal(f->plan.verdicts[0].outcome, EARLY_LEAVE);
    f->file.rules.items[0].boot_display = true;
    plan(f);
    assert_string_equal(reserved(f), "0000:04:00.0 0000:04:00.1 0000:05:00.0 0000:05:00.1");
}

static void group_with_what_must_stay(void **state) {
    struct fixture *f = *state;

    /* The group holds the boot display. */
    conf(f, "device 0000:05:00.0", "with=iommu-group");
    plan(f);
    assert_string_equal(why(f, EARLY_LEAVE),
                        "0000:04:00.0 would go along, but it is the display that the host boots "
                        "with: say boot-display = yes if the host can do without a picture");
    /* Not the root port that is in it as well. */
    f->devices[GPU0].boot_display = false;
    plan(f);
    assert_string_equal(reserved(f), "0000:05:00.0 0000:04:00.0 0000:04:00.1 0000:05:00.1");
}

static void bridges_stay(void **state) {
    struct fixture *f = *state;

    conf(f, "device 0000:00:01.0", "");
    plan(f);
    assert_non_null(strstr(why(f, EARLY_LEAVE), "it is a bridge"));
    /* A switch of GPUs has the class of a bridge, and is a device. */
    f->devices[PORT].class = 0x068000;
    plan(f);
    assert_string_equal(reserved(f), "0000:00:01.0");
}

static void virtual_functions(void **state) {
    struct fixture *f = *state;

    conf(f, "device 0000:06:00.0", "sriov-vfs=4 vf=1-3");
    plan(f);
    assert_string_equal(reserved(f), "0000:06:02.1");
    assert_int_equal(f->plan.verdicts[0].outcome, EARLY_PHYSFN);
    assert_int_equal(f->plan.verdicts[0].vfs, 4);
}

static void concerns_sets(void **state) {
    struct fixture *f = *state;
    struct pci_address sound = at("0000:05:00.1");

    conf(f, "device 0000:02:00.0", "");
    conf(f, "device 0000:05:00.0", "with=slot");
    plan(f);
    assert_int_equal(f->plan.count, 3);
    assert_false(early_plan_concerns(&f->plan, 0, &sound));
    assert_true(early_plan_concerns(&f->plan, 1, &sound));
    assert_true(early_plan_concerns(&f->plan, 2, &sound));
    assert_true(early_plan_concerns(&f->plan, 0, NULL));
}

static void rules_of_udev(void **state) {
    struct fixture *f = *state;
    _cleanup_free_ char *text = NULL;

    conf(f, "device 0000:02:00.0", "id=144d:a80a");
    conf(f, "device 0000:05:00.0", "id=10de:13c2 with=slot");
    conf(f, "id 144d:a80a", "");
    conf(f, "path pci0000:00/1c.4/00.0", "");
    conf(f, "device 0000:06:00.0", "vf=0-1");
    plan(f);
    text = early_udev_rules(&f->file.rules, &f->plan);
    assert_string_equal(
        text, "# Made from /etc/hostdevctl/early.d; what is changed here is lost.\n"
              "SUBSYSTEM!=\"pci\", GOTO=\"hostdevctl_end\"\n"
              "ACTION!=\"add|bind\", GOTO=\"hostdevctl_end\"\n"
              "ACTION==\"add\", KERNEL==\"0000:02:00.0\", ATTR{vendor}==\"0x144d\", "
              "ATTR{device}==\"0xa80a\", RUN+=\"hostdevctl-early $kernel\"\n"
              "ACTION==\"add\", KERNEL==\"0000:05:00.?\", RUN+=\"hostdevctl-early $kernel\"\n"
              "ACTION==\"add\", ATTR{vendor}==\"0x144d\", ATTR{device}==\"0xa80a\", "
              "RUN+=\"hostdevctl-early $kernel\"\n"
              "ACTION==\"add\", DEVPATH==\"/devices/pci0000:00/0000:??:1c.4/0000:??:00.0\", "
              "RUN+=\"hostdevctl-early $kernel\"\n"
              "DRIVER==\"?*\", TEST!=\"physfn\", KERNEL==\"0000:06:00.0\", RUN+=\"hostdevctl-early "
              "$kernel\"\n"
              "ACTION==\"add\", TEST==\"physfn/iommu_group/devices/0000:06:00.0\", "
              "RUN+=\"hostdevctl-early $kernel\"\n"
              "LABEL=\"hostdevctl_end\"\n");
}

#define EARLY(sentence, function)                                                                  \
    ((const struct CMUnitTest){sentence, function, set_up, tear_down, NULL})

int main(void) {
    const struct CMUnitTest tests[] = {
        EARLY("one of three identical drives is reserved", one_of_three),
        EARLY("what is not of the id that is told is left to the host", other_id),
        EARLY("an address without a device is told", nothing_there),
        EARLY("an id means all devices of it but the one the host needs", all_but_the_hosts),
        EARLY("a serial number means the device that has it", by_serial),
        EARLY("a serial number that no device has reserves nothing", serial_of_nobody),
        EARLY("a serial number that two devices have reserves nothing", serial_of_two),
        EARLY("a serial number that the functions of a card share means the card or nothing",
              serial_of_a_card),
        EARLY("a path means what is there, if it is of the id that is told", by_path),
        EARLY("of two identical GPUs the one that shows the boot stays, sound and all",
              twins_of_gpus),
        EARLY("an IOMMU group goes as a whole or not at all, without its bridges",
              group_with_what_must_stay),
        EARLY("bridges stay with the host", bridges_stay),
        EARLY("of a physical function the virtual functions in the range are reserved",
              virtual_functions),
        EARLY("what comes concerns all that goes with it, and nothing else", concerns_sets),
        EARLY("udev's rules match what is reserved and nothing else", rules_of_udev),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
