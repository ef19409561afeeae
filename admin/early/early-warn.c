/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-warn.h"

#include <errno.h>

#include "device-text.h"
#include "early-group.h"
#include "in-use.h"
#include "say.h"
#include "sysfs.h"

/* What is on vfio-pci already is no loss to the host, VM or not. */
static bool belongs_to_vms(struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);
    char driver[DRIVER_NAME_MAX];

    return device >= 0 && sysfs_read_driver(device, driver) == 0 && driver_is_vfio_friendly(driver);
}

static int warn_use(struct pci_address address) {
    _cleanup_free_ char *user = NULL, *device = NULL;
    int r;

    if (geteuid() != 0 || belongs_to_vms(address))
        return 0;
    device = device_text(address);
    r = in_use(address, &user);
    if (!device || r == -ENOMEM)
        return -ENOMEM;
    if (r > 0)
        say_warning("%s is in use right now: %s. From the next boot on the host has to do without "
                    "it",
                    device, user);
    return 0;
}

static int warn_twins(const struct early_state *state, const struct early_rule *rule) {
    _cleanup_free_ char *names = early_state_others(state, rule, &rule->address, 1);

    if (!names)
        return -ENOMEM;
    if (*names)
        say_warning("%s is not the only %04x:%04x: %s will be reserved as well. To have only some "
                    "of them reserved, remove %s, and then: hostdevctl early add DEVICE...",
                    PCI_ADDRESS_FORMAT(rule->address), rule->id.vendor, rule->id.device, names,
                    rule->file);
    return 0;
}

/* One of those that are alike may have to stay. */
static int warn_left(const struct early_verdict *verdict) {
    _cleanup_free_ char *device = device_text(verdict->address);

    if (!device)
        return -ENOMEM;
    say_warning("%s is left to the host: %s", device, verdict->why);
    return 0;
}

int early_warn(const struct early_state *state, size_t i) {
    const struct early_rule *rule = &state->rules.items[i];
    int r = rule->by == EARLY_BY_ID ? warn_twins(state, rule) : 0;

    for (size_t j = 0; j < state->plan.count && r == 0; j++) {
        const struct early_verdict *verdict = &state->plan.verdicts[j];

        if (verdict->rule == rule)
            r = verdict->outcome == EARLY_RESERVE ? warn_use(verdict->address) : warn_left(verdict);
    }
    return r == 0 ? early_group_warn(state, rule->address) : r;
}
