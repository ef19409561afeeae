/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the devices that are reserved for VMs are on a VFIO driver, or on none. */

#include "check-early.h"

#include <errno.h>

#include "check-host.h"
#include "device-text.h"
#include "sysfs.h"
#include "text.h"

static void pass_over(_unused_ const char *sentence) {
}

int check_early_read(struct early_state *ret, struct error *error) {
    int wrong = early_conf_read(&ret->rules, pass_over, error), r = wrong;

    if (r >= 0)
        r = host_needs_ask(&ret->needs, error);
    if (r >= 0)
        r = host_needs_read(&ret->needs, error);
    if (r >= 0)
        r = early_state_plan(ret, error);
    return r < 0 ? r : wrong;
}

/* The driver of the host that has it, or "". */
static void read_host_driver(struct pci_address address, char ret[static DRIVER_NAME_MAX]) {
    _cleanup_close_ int device = sysfs_open_device(address);

    *ret = '\0';
    if (device >= 0 && sysfs_read_driver(device, ret) == 0 && *ret && driver_is_vfio_friendly(ret))
        *ret = '\0';
}

static int fail_taken(struct check_report *report, struct pci_address address, const char *driver) {
    _cleanup_free_ char *device = device_text(address);

    return check_fail(report,
                      device ? text_format("%s is reserved for VMs, but the host's driver %s has "
                                           "it",
                                           device, driver)
                             : NULL,
                      text_format("hostdevctl early update, then reboot"));
}

static int warn_verdict(struct check_report *report, const struct early_verdict *verdict) {
    _cleanup_free_ char *rule = early_state_rule_text(verdict->rule);
    const char *missing =
        verdict->outcome == EARLY_MISSING ? "" : "the device is left to the host, ";

    return check_warn(
        report, rule ? text_format("%s reserves nothing: %s%s", rule, missing, verdict->why) : NULL,
        text_format("see 'hostdevctl early list', and take the section away if it is "
                    "not needed any more"));
}

/* 1: a line was added. */
static int judge(struct check_report *report, const struct early_verdict *verdict) {
    char driver[DRIVER_NAME_MAX];

    if (verdict->outcome == EARLY_LEAVE || verdict->outcome == EARLY_MISSING)
        return warn_verdict(report, verdict) < 0 ? -ENOMEM : 1;
    if (verdict->outcome == EARLY_PHYSFN)
        return 0;
    read_host_driver(verdict->address, driver);
    if (!*driver)
        return 0;
    return fail_taken(report, verdict->address, driver) < 0 ? -ENOMEM : 1;
}

static bool by_serial(const struct early_state *state) {
    for (size_t i = 0; i < state->rules.count; i++)
        if (state->rules.items[i].by == EARLY_BY_SERIAL)
            return true;
    return false;
}

/* Of several the first that fails. */
static int check_plan(struct check_report *report, const struct early_state *state) {
    static const enum early_outcome order[] = {EARLY_RESERVE, EARLY_LEAVE, EARLY_MISSING};
    int r = 0;

    for (size_t i = 0; i < ELEMENTS(order); i++)
        for (size_t j = 0; j < state->plan.count && r == 0; j++)
            if (state->plan.verdicts[j].outcome == order[i])
                r = judge(report, &state->plan.verdicts[j]);
    return r;
}

static size_t count_reserved(const struct early_state *state) {
    size_t count = 0;

    for (size_t i = 0; i < state->plan.count; i++)
        count += state->plan.verdicts[i].outcome == EARLY_RESERVE;
    return count;
}

int check_reserved(struct check_report *report) {
    static const char what[] = "which devices are reserved";
    _cleanup_early_state_ struct early_state state = {0};
    _cleanup_error_ struct error error = {0};
    int r = check_early_read(&state, &error);
    size_t count;

    if (r == -ENOMEM)
        return r;
    /* A file that others cannot read is one with a mistake to them. */
    if (geteuid() != 0 && (r == -EACCES || r > 0 || by_serial(&state)))
        return check_needs_root(report, what);
    if (r < 0)
        return check_unknown(report, what, error_text(&error));
    r = check_plan(report, &state);
    if (r != 0)
        return r < 0 ? r : 0;
    count = count_reserved(&state);
    return check_ok(report, count == 0 ? text_format("there are none")
                                       : text_format("%zu, and no driver of the host has %s", count,
                                                     count == 1 ? "it" : "any of them"));
}
