/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "deadline.h"
#include "driver.h"
#include "file.h"
#include "kernel-log.h"
#include "sysfs.h"
#include "text.h"
#include "work.h"

/* udev itself ends what takes three times as long. */
#define STUCK_USEC (60 * USEC_PER_SEC)

#define AUTOPROBE "sriov_drivers_autoprobe"
#define PROBE "/sys/bus/pci/drivers_probe"

static int note(struct early_vfs *vfs, struct pci_address address, bool autoprobe) {
    struct early_physfn *larger = reallocarray(vfs->made, vfs->count + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    vfs->made = larger;
    larger[vfs->count++] = (struct early_physfn){address, autoprobe};
    return 0;
}

/* Whether they can be made now. A driver that is not the host's has no virtual functions to give.
 */
static bool is_ready(int directory) {
    char driver[DRIVER_NAME_MAX];

    return sysfs_read_driver(directory, driver) >= 0 && *driver &&
           !driver_is_vfio_friendly(driver) &&
           faccessat(directory, "virtfn0", F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

/* A kernel before 4.12 has no such switch, and probes them at once. */
static bool has_autoprobe(int directory) {
    char value[8];

    return file_read_line_at(directory, AUTOPROBE, value, sizeof value) > 0 && *value == '1';
}

/* Written in a worker: a driver may be slow with hundreds of them, or stuck. */
static int write_count(void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    const struct early_verdict *verdict = data;
    _cleanup_close_ int directory = sysfs_open_device(verdict->address);
    _cleanup_free_ char *count = text_format("%u", verdict->vfs);

    if (!count)
        return -ENOMEM;
    return directory < 0 ? directory : file_write_at(directory, "sriov_numvfs", count);
}

static int make(const struct early_verdict *verdict, int directory, struct early_vfs *ret) {
    struct work work = {.run = write_count, .data = (void *)verdict};
    bool autoprobe = has_autoprobe(directory);
    int r = note(ret, verdict->address, autoprobe);

    if (r >= 0 && autoprobe)
        r = file_write_at(directory, AUTOPROBE, "0");
    if (r < 0)
        return r;
    work_run(&work, 1, now_usec() + STUCK_USEC);
    error_clear(&work.error);
    return work.result;
}

static int make_one(const struct early_verdict *verdict, struct early_vfs *ret) {
    _cleanup_close_ int directory = sysfs_open_device(verdict->address);
    int r;

    if (directory < 0 || !is_ready(directory))
        return 0;
    r = make(verdict, directory, ret);
    if (r >= 0)
        kernel_log(LOG_NOTICE, "%s has %u virtual functions now, as [%s] in %s says",
                   PCI_ADDRESS_FORMAT(verdict->address), verdict->vfs, verdict->rule->section,
                   verdict->rule->file);
    else
        kernel_log(LOG_ERR, "%u virtual functions of %s cannot be made: %s ([%s] in %s)",
                   verdict->vfs, PCI_ADDRESS_FORMAT(verdict->address), strerror(-r),
                   verdict->rule->section, verdict->rule->file);
    return r < 0;
}

int early_vfs_make(const struct early_plan *plan, const struct pci_address *only,
                   struct early_vfs *ret) {
    int failed = 0;

    for (size_t i = 0; i < plan->count; i++) {
        const struct early_verdict *verdict = &plan->verdicts[i];

        if (verdict->outcome == EARLY_PHYSFN && verdict->vfs > 0 &&
            (!only || pci_address_equal(*only, verdict->address)))
            failed += make_one(verdict, ret);
    }
    return failed;
}

/* A function that has a driver, or is reserved for one, is not changed by being offered. */
static void offer(const struct early_physfn *physfn) {
    _cleanup_close_ int directory = sysfs_open_device(physfn->address);

    if (!physfn->autoprobe || directory < 0 || file_write_at(directory, AUTOPROBE, "1") < 0)
        return;
    for (unsigned vf = 0;; vf++) {
        char link[32], name[PCI_ADDRESS_TEXT_MAX];

        snprintf(link, sizeof link, "virtfn%u", vf);
        if (file_link_name_at(directory, link, name, sizeof name) < 0)
            return;
        /* Nobody may want it: that is no failure, and nothing that could be told from one. */
        if (file_write_at(AT_FDCWD, PROBE, name) < 0)
            continue;
    }
}

void early_vfs_offer(const struct early_vfs *vfs) {
    for (size_t i = 0; i < vfs->count; i++)
        offer(&vfs->made[i]);
}

void early_vfs_done(struct early_vfs *vfs) {
    free(vfs->made);
    *vfs = (struct early_vfs){0};
}
