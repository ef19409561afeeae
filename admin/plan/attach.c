/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include <errno.h>

#include "by-hand.h"
#include "device-text.h"
#include "early-state.h"
#include "host-bind.h"
#include "log.h"
#include "options.h"
#include "recover.h"
#include "say.h"
#include "sysfs.h"
#include "verb.h"
#include "vfio.h"

struct request {
    struct by_hand_devices devices;
    bool group;
};

static void request_done(struct request *request) {
    by_hand_devices_done(&request->devices);
}

static int parse(int argc, char **argv, struct request *request) {
    const struct option_row rows[] = {{"iommu-group", &request->group, NULL}};
    _cleanup_error_ struct error error = {0};
    int operands = options_parse("attach", rows, ELEMENTS(rows), argc, argv);

    if (operands < 0)
        return operands;
    if (operands == argc) {
        say_error("attach: which device? For example: hostdevctl attach 05:00.0 ('hostdevctl list' "
                  "shows them)");
        return -EINVAL;
    }
    if (by_hand_parse(argc - operands, argv + operands, &request->devices, &error) < 0) {
        say_error("attach: %s", error_text(&error));
        return -EINVAL;
    }
    return 0;
}

/* ---- one device ------------------------------------------------------------------------------ */

/* An empty text when it has none, or is gone. */
static void read_driver(struct pci_address address, char ret[static DRIVER_NAME_MAX]) {
    _cleanup_close_ int device = sysfs_open_device(address);

    if (device < 0 || sysfs_read_driver(device, ret) < 0)
        *ret = '\0';
}

static bool is_there(struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);

    return device >= 0;
}

/* What no journal tells of: a process that has the device open, whichever way it came to that. */
static int check_holder(const struct prepare *prepare, struct pci_address address,
                        struct error *error) {
    const struct host_device *device = host_device(prepare->host, address);
    _cleanup_free_ char *holder = NULL, *text = NULL;
    char driver[DRIVER_NAME_MAX];

    read_driver(address, driver);
    if (!driver_is_vfio_friendly(driver) || !vfio_group_is_held(device->group))
        return 0;
    holder = vfio_group_holder(device->group);
    text = device_text(address);
    return error_set(error, EBUSY, "%s is in use by %s: shut that down first",
                     text ? text : PCI_ADDRESS_FORMAT(address), holder ? holder : "a process");
}

static int give_back(struct prepare *prepare, struct pci_address address, bool was_detached,
                     struct error *error) {
    char driver[DRIVER_NAME_MAX];
    int r;

    if (was_detached)
        return recover_finish(prepare->directory, prepare->journal, prepare->act_deadline, error);
    read_driver(address, driver);
    r = *driver && !driver_is_vfio_friendly(driver)
            ? 0
            : host_bind(address, prepare->act_deadline, error);
    journal_remove(prepare->directory, prepare->journal);
    return r;
}

/* What is claimed is not for longer than this takes: a VM may have a device that stays detached. */
static void leave(struct prepare *prepare, bool was_detached) {
    _cleanup_error_ struct error error = {0};

    if (!prepare->journal)
        return;
    if (!was_detached)
        journal_remove(prepare->directory, prepare->journal);
    else if (journal_settle(prepare->journal, &error) < 0)
        log_warning("%s", error_text(&error));
}

static void report(struct pci_address address, bool was_detached, const char *before) {
    _cleanup_free_ char *device = device_text(address);
    const char *text = device ? device : PCI_ADDRESS_FORMAT(address);
    char driver[DRIVER_NAME_MAX];

    read_driver(address, driver);
    if (!is_there(address))
        printf("%s is gone: there is nothing to give back.\n", text);
    else if (!was_detached && *before && !driver_is_vfio_friendly(before))
        printf("%s is not detached: the host has it, with %s.\n", text, driver);
    else if (*driver)
        printf("%s is back with the host, with %s.\n", text, driver);
    else
        printf("%s is back with the host, without a driver, as it was.\n", text);
}

static int attach(struct by_hand *by_hand, struct pci_address address, struct error *error) {
    struct prepare *prepare = &by_hand->prepare;
    char before[DRIVER_NAME_MAX];
    bool was_detached;
    int r = by_hand_load(by_hand, error);

    if (r < 0 && r != -ENOENT)
        return r;
    was_detached = r == 0;
    read_driver(address, before);
    /* Of a device that was pulled out there is nothing to claim. */
    r = was_detached && !is_there(address) ? 0 : prepare_claim(prepare, error);
    if (r == 0 && prepare->host)
        r = check_holder(prepare, address, error);
    if (r == 0)
        r = give_back(prepare, address, was_detached, error);
    if (r < 0)
        leave(prepare, was_detached);
    else
        report(address, was_detached, before);
    return r;
}

static void warn_of_early(struct pci_address address, const struct early_state *early) {
    const struct early_verdict *verdict = early_state_reserved(early, address);
    _cleanup_free_ char *rule = verdict ? early_state_rule_text(verdict->rule) : NULL;

    if (verdict)
        say_warning("%s will be reserved again at the next boot, by %s: 'hostdevctl early remove "
                    "%s' ends that",
                    PCI_ADDRESS_FORMAT(address), rule ? rule : "early.d",
                    PCI_ADDRESS_FORMAT(address));
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int attach_one(const struct by_hand_devices *devices, size_t i) {
    const struct by_hand_devices alone = {&devices->items[i], 1};
    _cleanup_error_ struct error error = {0};
    _cleanup_by_hand_ struct by_hand by_hand = {.prepare.directory = -1};
    int r = by_hand_begin(&alone, 0, NULL, &by_hand, &error);

    if (r == 0)
        r = attach(&by_hand, devices->items[i], &error);
    if (r < 0)
        say_error("%s", error_text(&error));
    return r;
}

static int run(struct request *request, struct error *error) {
    _cleanup_early_state_ struct early_state early = {0};
    _cleanup_error_ struct error unread = {0};
    int r = request->group ? by_hand_add_groups(&request->devices, error) : 0;
    int failed = 0;

    if (r < 0)
        return r;
    if (early_state_read(&early, &unread) < 0)
        say_warning("%s", error_text(&unread));
    for (size_t i = 0; i < request->devices.count; i++) {
        if (attach_one(&request->devices, i) < 0)
            failed++;
        else
            warn_of_early(request->devices.items[i], &early);
    }
    return failed;
}

int attach_main(int argc, char **argv) {
    _cleanup_(request_done) struct request request = {0};
    _cleanup_error_ struct error error = {0};
    int r;

    if (parse(argc, argv, &request) < 0)
        return EXIT_USAGE;
    if (say_root_is_needed("hostdevctl attach"))
        return EXIT_FAILURE;
    r = run(&request, &error);
    if (r < 0)
        say_error("%s", error_text(&error));
    return r != 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
