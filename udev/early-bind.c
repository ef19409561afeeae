/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-bind.h"

#include <errno.h>
#include <string.h>

#include "driver.h"
#include "in-use.h"
#include "kernel-log.h"
#include "load-module.h"
#include "sysfs.h"
#include "text.h"

#define MODULE_VFIO_PCI "vfio_pci"

static void log_left(const struct early_verdict *verdict, const char *why) {
    kernel_log(LOG_WARNING, "%s is left to the host: %s ([%s] in %s)",
               PCI_ADDRESS_FORMAT(verdict->address), why, verdict->rule->section,
               verdict->rule->file);
}

static void log_failed(const struct early_verdict *verdict, const char *what, int code) {
    kernel_log(LOG_ERR, "%s is reserved for VMs, but %s: %s ([%s] in %s)",
               PCI_ADDRESS_FORMAT(verdict->address), what, strerror(code), verdict->rule->section,
               verdict->rule->file);
}

static void log_reserved(const struct early_verdict *verdict, const struct early_device *device) {
    kernel_log(
        LOG_NOTICE,
        "%s (%04x:%04x) is reserved for VMs, as [%s] in %s says (hostdevctl.early=off on the "
        "kernel line turns this off)",
        PCI_ADDRESS_FORMAT(verdict->address), device->id.vendor, device->id.device,
        verdict->rule->section, verdict->rule->file);
}

/* ---- one device ----------------------------------------------------------------------------- */

enum bound {
    BOUND_NOT,
    BOUND_TO_VFIO,
    BOUND_TO_HOST,
};

static int read_bound(int directory, char *driver, enum bound *ret) {
    int r = sysfs_read_driver(directory, driver);

    if (r >= 0)
        *ret = !*driver                          ? BOUND_NOT
               : driver_is_vfio_friendly(driver) ? BOUND_TO_VFIO
                                                 : BOUND_TO_HOST;
    return r;
}

/* A driver that is part of the kernel, or was there before this program, goes only if it is idle. 1
 * when the device has to be left. */
static int ask_users(const struct early_verdict *verdict, const char *driver) {
    _cleanup_free_ char *user = NULL, *why = NULL;
    int r = in_use(verdict->address, &user);

    if (r <= 0)
        return r;
    why = text_format("%s has it, and %s", driver, user);
    if (!why)
        return -ENOMEM;
    log_left(verdict, why);
    return 1;
}

/* With the override set: a driver that has the device all the same goes. `asked`: it is idle. */
static int release(const struct early_verdict *verdict, int directory, bool asked) {
    char driver[DRIVER_NAME_MAX];
    enum bound bound;
    int r = read_bound(directory, driver, &bound);

    if (r < 0 || bound != BOUND_TO_HOST)
        return r;
    /* It was loaded a moment before the override stood. */
    r = asked ? 0 : ask_users(verdict, driver);
    if (r == 1 && sysfs_write_override(directory, "") < 0)
        return -EIO;
    if (r == 0)
        r = sysfs_unbind(directory, verdict->address);
    /* It has left by itself meanwhile. */
    return r == -ENODEV || r == -ENOENT ? 0 : r;
}

/* Sets the override, and makes room if it must. 1: the device has to be left, as the log tells. */
static int claim(const struct early_verdict *verdict, int directory) {
    char driver[DRIVER_NAME_MAX];
    enum bound bound;
    int r = read_bound(directory, driver, &bound);

    if (r >= 0 && bound == BOUND_TO_HOST)
        r = ask_users(verdict, driver);
    if (r != 0)
        return r;
    r = sysfs_write_override(directory, DRIVER_VFIO_PCI);
    return r < 0 ? r : release(verdict, directory, bound == BOUND_TO_HOST);
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* How far one has come. */
enum progress {
    PROGRESS_NONE,    /* nothing to be done, or nothing that can be */
    PROGRESS_BOUND,   /* a driver of the host has it */
    PROGRESS_CLAIMED, /* it is free for vfio-pci */
};

static int claim_one(const struct early_verdict *verdict, enum progress *ret) {
    _cleanup_close_ int directory = sysfs_open_device(verdict->address);
    int r = directory < 0 ? directory : claim(verdict, directory);

    *ret = r == 0 ? PROGRESS_CLAIMED : PROGRESS_NONE;
    if (r < 0)
        log_failed(verdict, "cannot be taken", -r);
    return r != 0;
}

/* What has no driver is claimed at once, before one is loaded; what has one is for later, when
 * there is something to give it to. */
static int claim_free(const struct early_verdict *verdict, enum progress *ret) {
    _cleanup_close_ int directory = sysfs_open_device(verdict->address);
    char driver[DRIVER_NAME_MAX];
    enum bound bound = BOUND_NOT;
    int r = directory < 0 ? directory : read_bound(directory, driver, &bound);

    *ret = bound == BOUND_TO_HOST ? PROGRESS_BOUND : PROGRESS_NONE;
    if (r < 0)
        log_failed(verdict, "cannot be examined", -r);
    if (r < 0 || bound != BOUND_NOT)
        return r < 0;
    return claim_one(verdict, ret);
}

/* Once vfio-pci is there it has taken what was free for it; the others are bound by hand. */
static int bind_one(const struct early_verdict *verdict, const struct early_device *device) {
    _cleanup_close_ int directory = sysfs_open_device(verdict->address);
    char driver[DRIVER_NAME_MAX];
    enum bound bound;
    int r = directory < 0 ? directory : read_bound(directory, driver, &bound);

    if (r >= 0 && bound == BOUND_NOT)
        r = sysfs_bind(DRIVER_VFIO_PCI, verdict->address);
    if (r >= 0)
        r = read_bound(directory, driver, &bound);
    if (r >= 0 && bound != BOUND_TO_VFIO)
        r = -ENODEV;
    /* Somebody else was quicker: what counts is where it is. */
    if (r < 0 && directory >= 0 && read_bound(directory, driver, &bound) >= 0 &&
        bound == BOUND_TO_VFIO)
        r = 0;
    if (r < 0)
        log_failed(verdict, "vfio-pci does not take it", -r);
    else
        log_reserved(verdict, device);
    return r < 0;
}

static int load_vfio(void) {
    _cleanup_error_ struct error error = {0};
    char driver[DRIVER_NAME_MAX];

    if (sysfs_find_driver(DRIVER_VFIO_PCI, driver) == 0 ||
        load_module(MODULE_VFIO_PCI, &error) >= 0)
        return 0;
    kernel_log(LOG_ERR, "%s. Until then, devices that are reserved for VMs stay as they are",
               error_text(&error));
    return 1;
}

static int finish_one(const struct early_verdict *verdict, const struct early_device *device,
                      enum progress progress) {
    int failed = 0;

    if (progress == PROGRESS_BOUND)
        failed = claim_one(verdict, &progress);
    return progress == PROGRESS_CLAIMED ? bind_one(verdict, device) : failed;
}

int early_bind(const struct early_plan *plan, const struct pci_address *only,
               const struct early_host *host) {
    _cleanup_free_ enum progress *progress = calloc(plan->count + 1, sizeof *progress);
    bool any = false;
    int failed = 0;

    if (!progress)
        return -ENOMEM;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->verdicts[i].outcome != EARLY_RESERVE || !early_plan_concerns(plan, i, only))
            continue;
        failed += claim_free(&plan->verdicts[i], &progress[i]);
        any |= progress[i] != PROGRESS_NONE;
    }
    if (any && load_vfio() != 0)
        return failed + 1;
    for (size_t i = 0; i < plan->count; i++)
        if (progress[i] != PROGRESS_NONE)
            failed += finish_one(&plan->verdicts[i],
                                 early_host_device(host, plan->verdicts[i].address), progress[i]);
    return failed;
}
