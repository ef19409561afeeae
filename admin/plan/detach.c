/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detach.h"

#include <errno.h>

#include "by-hand.h"
#include "deadline.h"
#include "device-text.h"
#include "log.h"
#include "options.h"
#include "recover.h"
#include "say.h"
#include "sysfs.h"
#include "verb.h"

struct request {
    struct by_hand_devices devices;
    const char *driver;
    bool group;
};

static void request_done(struct request *request) {
    by_hand_devices_done(&request->devices);
}

static int parse(int argc, char **argv, struct request *request) {
    const struct option_row rows[] = {
        {"driver", NULL, &request->driver},
        {"iommu-group", &request->group, NULL},
    };
    _cleanup_error_ struct error error = {0};
    int operands = options_parse("detach", rows, ELEMENTS(rows), argc, argv);

    if (operands < 0)
        return operands;
    if (operands == argc) {
        say_error("detach: which device? For example: hostdevctl detach 05:00.0 ('hostdevctl list' "
                  "shows them)");
        return -EINVAL;
    }
    if (by_hand_parse(argc - operands, argv + operands, &request->devices, &error) < 0) {
        say_error("detach: %s", error_text(&error));
        return -EINVAL;
    }
    if (request->driver && !driver_name_valid(request->driver)) {
        say_error("detach: '%s' is no driver's name", request->driver);
        return -EINVAL;
    }
    return 0;
}

/* ---- one device ------------------------------------------------------------------------------ */

static bool is_on_vfio(struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);
    char driver[DRIVER_NAME_MAX];

    return device >= 0 && sysfs_read_driver(device, driver) == 0 && driver_is_vfio_friendly(driver);
}

#define DETACHED_ALREADY 1
/* What an earlier detach of it has left. One that was cut short is given back by the prepare. */
static int look_at_earlier(struct by_hand *by_hand, struct pci_address address,
                           struct error *error) {
    struct prepare *prepare = &by_hand->prepare;
    int r = by_hand_load(by_hand, error);

    if (r == -ENOENT)
        return 0;
    if (r == 0 && journal_is_settled(prepare->journal)) {
        if (is_on_vfio(address))
            return DETACHED_ALREADY;
        log_notice("%s was given back by other means than hostdevctl", PCI_ADDRESS_FORMAT(address));
        r = recover_finish(prepare->directory, prepare->journal, prepare->act_deadline, error);
    }
    journal_free(prepare->journal);
    prepare->journal = NULL;
    return r;
}

static int take(struct by_hand *by_hand, struct pci_address address, struct error *error) {
    struct prepare *prepare = &by_hand->prepare;
    int r = look_at_earlier(by_hand, address, error);

    return r == 0 ? prepare_take(prepare, error) : r;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* What was taken by this very call. Those that were detached before stay so. */
static void give_back(struct by_hand *taken, size_t count, struct error *error) {
    for (size_t i = count; i > 0; i--) {
        struct by_hand *by_hand = &taken[i - 1];

        if (!by_hand->prepare.journal || journal_is_settled(by_hand->prepare.journal))
            continue;
        by_hand_allow_time(by_hand);
        prepare_roll_back(&by_hand->prepare, error);
    }
}

/* The one thing that is bound by a journal of this kind. */
static const struct step *find_bind(const struct journal *journal) {
    for (size_t i = 0; i < journal->steps.count; i++)
        if (journal->steps.items[i].kind == &step_kind_bind)
            return &journal->steps.items[i];
    return NULL;
}

static int settle(struct by_hand *by_hand, struct pci_address address, struct error *error) {
    struct prepare *prepare = &by_hand->prepare;
    _cleanup_free_ char *device = device_text(address);
    const struct step *bind = find_bind(prepare->journal);

    if (!device)
        return error_oom(error);
    if (journal_is_settled(prepare->journal)) {
        printf("%s is detached already.\n", device);
        return 0;
    }
    if (!bind) {
        journal_remove(prepare->directory, prepare->journal);
        printf("%s is with a VFIO driver already, and not by 'hostdevctl detach': left as it is.\n",
               device);
        return 0;
    }
    if (journal_settle(prepare->journal, error) < 0)
        return -error->code;
    printf("%s is detached: VMs can have it, until 'hostdevctl attach %s'.\n", device,
           PCI_ADDRESS_FORMAT(address));
    return 0;
}

static int detach_all(const struct request *request, struct by_hand *taken, struct error *error) {
    const struct by_hand_devices *devices = &request->devices;
    size_t i;
    int r = 0;

    for (i = 0; i < devices->count && r >= 0; i++) {
        r = by_hand_begin(devices, i, request->driver, &taken[i], error);
        if (r == 0)
            r = take(&taken[i], devices->items[i], error);
    }
    if (r < 0) {
        give_back(taken, i, error);
        return r;
    }
    for (i = 0; i < devices->count; i++)
        if (settle(&taken[i], devices->items[i], error) < 0)
            return -error->code;
    return 0;
}

static int run(struct request *request, struct error *error) {
    struct by_hand *taken;
    int r = request->group ? by_hand_add_groups(&request->devices, error) : 0;

    if (r < 0)
        return r;
    taken = calloc(request->devices.count, sizeof *taken);
    if (!taken)
        return error_oom(error);
    for (size_t i = 0; i < request->devices.count; i++)
        taken[i].prepare.directory = -1;
    r = detach_all(request, taken, error);
    for (size_t i = 0; i < request->devices.count; i++)
        by_hand_done(&taken[i]);
    free(taken);
    return r;
}

int detach_main(int argc, char **argv) {
    _cleanup_(request_done) struct request request = {0};
    _cleanup_error_ struct error error = {0};

    if (parse(argc, argv, &request) < 0)
        return EXIT_USAGE;
    if (say_root_is_needed("hostdevctl detach"))
        return EXIT_FAILURE;
    if (run(&request, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
