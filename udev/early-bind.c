/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-bind.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "driver.h"
#include "in-use.h"
#include "kernel-log.h"
#include "load-module.h"
#include "reader.h"
#include "sysfs.h"
#include "text.h"
#include "work.h"

#define MODULE_VFIO_PCI "vfio_pci"

/* No driver takes longer for a device that nobody uses, unless it is stuck. */
#define STUCK_USEC (30 * USEC_PER_SEC)

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

/* How far one has come. */
enum progress {
    PROGRESS_NONE,    /* nothing to be done, or nothing that can be */
    PROGRESS_BOUND,   /* a driver of the host has it */
    PROGRESS_CLAIMED, /* it is free for vfio-pci */
};

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

/* What is done with one device, in a worker: its driver may be stuck. */
struct task {
    const struct early_verdict *verdict;
    const struct early_device *device;
    enum progress progress;
    int failed;
};

/* With the override set: a driver that has the device all the same goes. `asked`: it is idle. */
static int release(const struct early_verdict *verdict, int directory, bool asked) {
    char driver[DRIVER_NAME_MAX];
    enum bound bound;
    int r = read_bound(directory, driver, &bound);

    if (r < 0 || bound != BOUND_TO_HOST)
        return r;
    /* It was loaded a moment before the override stood. */
    r = asked ? 0 : ask_users(verdict, driver);
    if (r == 0)
        r = sysfs_unbind(directory, verdict->address);
    /* It has left by itself meanwhile. */
    return r == -ENODEV || r == -ENOENT ? 0 : r;
}

/* A driver of the host that has the device goes only if the device is idle, and if a VM could have
 * it. */
static int may_release(const struct task *task, const char *driver) {
    if (task->device->group != EARLY_GROUP_NONE)
        return ask_users(task->verdict, driver);
    log_left(
        task->verdict,
        "it is in no IOMMU group, so no VM can have it: turn on VT-d or AMD-Vi in the firmware "
        "setup, and on Intel add intel_iommu=on to the kernel line");
    return 1;
}

/* Sets the override, and makes room if it must. 1: the device has to be left, as the log tells.
 * What is left has the override that it had. */
static int claim(const struct task *task, int directory) {
    char driver[DRIVER_NAME_MAX], before[DRIVER_NAME_MAX];
    enum bound bound;
    int r = read_bound(directory, driver, &bound);

    if (r >= 0 && bound == BOUND_TO_HOST)
        r = may_release(task, driver);
    if (r == 0)
        r = sysfs_read_override(directory, before);
    if (r == 0)
        r = sysfs_write_override(directory, DRIVER_VFIO_PCI);
    if (r != 0)
        return r;
    r = release(task->verdict, directory, bound == BOUND_TO_HOST);
    if (r != 0 && sysfs_write_override(directory, before) < 0)
        return -EIO;
    return r;
}

static void claim_one(struct task *task) {
    _cleanup_close_ int directory = sysfs_open_device(task->verdict->address);
    int r = directory < 0 ? directory : claim(task, directory);

    task->progress = r == 0 ? PROGRESS_CLAIMED : PROGRESS_NONE;
    task->failed = r != 0;
    if (r < 0)
        log_failed(task->verdict, "cannot be taken", -r);
}

/* What has no driver is claimed at once, before one is loaded; what has one is for later, when
 * there is something to give it to. */
static void claim_free(void *item, _unused_ size_t i) {
    struct task *task = item;
    _cleanup_close_ int directory = sysfs_open_device(task->verdict->address);
    char driver[DRIVER_NAME_MAX];
    enum bound bound = BOUND_NOT;
    int r = directory < 0 ? directory : read_bound(directory, driver, &bound);

    task->progress = bound == BOUND_TO_HOST ? PROGRESS_BOUND : PROGRESS_NONE;
    task->failed = r < 0;
    if (r < 0)
        log_failed(task->verdict, "cannot be examined", -r);
    else if (bound == BOUND_NOT)
        claim_one(task);
}

/* Once vfio-pci is there it has taken what was free for it; the others are bound by hand. */
static void bind_one(struct task *task) {
    _cleanup_close_ int directory = sysfs_open_device(task->verdict->address);
    char driver[DRIVER_NAME_MAX];
    enum bound bound;
    int r = directory < 0 ? directory : read_bound(directory, driver, &bound), tried = 0;

    if (r >= 0 && bound == BOUND_NOT) {
        /* Somebody else may be quicker: what counts is where it is in the end. */
        tried = sysfs_bind(DRIVER_VFIO_PCI, task->verdict->address);
        r = read_bound(directory, driver, &bound);
    }
    if (r >= 0 && bound != BOUND_TO_VFIO)
        r = tried < 0 ? tried : -ENODEV;
    task->failed = r < 0;
    if (r < 0)
        log_failed(task->verdict, "vfio-pci does not take it", -r);
    else
        log_reserved(task->verdict, task->device);
}

static void finish_one(void *item, _unused_ size_t i) {
    struct task *task = item;

    if (task->progress == PROGRESS_BOUND)
        claim_one(task);
    if (task->progress == PROGRESS_CLAIMED)
        bind_one(task);
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* In one worker; one that gets stuck is left behind with its device, and another goes on after it.
 */
static int run(struct task *tasks, size_t count, void (*run_one)(void *item, size_t i)) {
    int failed = 0;

    for (size_t next = 0, stuck = 0; next < count; next += stuck + 1) {
        const struct reader reader = {run_one, tasks + next, count - next, sizeof *tasks};
        _cleanup_error_ struct error error = {0};
        int r = reader_run(&reader, now_usec() + STUCK_USEC, &stuck, &error);

        if (r == 0)
            break;
        if (r < 0) {
            kernel_log(LOG_ERR, "nothing can be reserved for VMs: %s", error_text(&error));
            return failed + 1;
        }
        log_failed(tasks[next + stuck].verdict, "its driver does not answer", ETIME);
        tasks[next + stuck].progress = PROGRESS_NONE;
        failed++;
    }
    for (size_t i = 0; i < count; i++)
        failed += tasks[i].failed;
    return failed;
}

static int run_load(_unused_ void *data, _unused_ uint64_t deadline, struct error *error) {
    return load_module(MODULE_VFIO_PCI, error);
}

/* Loading waits as well for a device that vfio-pci shall take and whose driver is stuck. */
static int load_vfio(void) {
    struct work work = {.run = run_load};
    char driver[DRIVER_NAME_MAX];

    if (sysfs_find_driver(DRIVER_VFIO_PCI, driver) == 0)
        return 0;
    work_run(&work, 1, now_usec() + STUCK_USEC);
    if (work.result < 0)
        kernel_log(LOG_ERR, "%s. Until then, devices that are reserved for VMs stay as they are",
                   work.error.code ? error_text(&work.error)
                                   : "module " MODULE_VFIO_PCI " is not loaded in time");
    error_clear(&work.error);
    return work.result < 0;
}

/* Those that the plan reserves, of which `only` tells. */
static size_t choose(const struct early_plan *plan, const struct pci_address *only,
                     const struct early_host *host, struct task *tasks) {
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        if (plan->verdicts[i].outcome == EARLY_RESERVE && early_plan_concerns(plan, i, only))
            tasks[count++] = (struct task){
                .verdict = &plan->verdicts[i],
                .device = early_host_device(host, plan->verdicts[i].address),
            };
    return count;
}

/* Those for which there is something left to do. */
static size_t keep_unfinished(struct task *tasks, size_t count) {
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (tasks[i].progress != PROGRESS_NONE) {
            tasks[kept] = tasks[i];
            tasks[kept++].failed = 0;
        }
    return kept;
}

int early_bind(const struct early_plan *plan, const struct pci_address *only,
               const struct early_host *host) {
    _cleanup_free_ struct task *tasks = calloc(plan->count + 1, sizeof *tasks);
    size_t count;
    int failed;

    if (!tasks)
        return -ENOMEM;
    count = choose(plan, only, host, tasks);
    failed = run(tasks, count, claim_free);
    count = keep_unfinished(tasks, count);
    if (count == 0)
        return failed;
    if (load_vfio() != 0)
        return failed + 1;
    return failed + run(tasks, count, finish_one);
}
