/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-bind.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "host.h"
#include "module.h"
#include "sysfs.h"
#include "work.h"

#define DRIVERS_PROBE "/sys/bus/pci/drivers_probe"

static int open_lock(void *data) {
    const struct pci_address *address = data;

    return sysfs_open_lock(*address);
}

static int cannot(struct error *error, int r, struct pci_address address, const char *what) {
    return error_set(error, -r, "%s: %s (%s). The kernel log tells more",
                     PCI_ADDRESS_FORMAT(address), what, strerror(-r));
}

/* The kernel probes drivers that are there; a module that none has asked for so far is not. */
static void load_module(int device) {
    _cleanup_modules_ struct modules *modules = NULL;
    _cleanup_error_ struct error error = {0};
    char modalias[MODALIAS_MAX];

    if (file_read_line_at(device, "modalias", modalias, sizeof modalias) > 0 &&
        modules_open(&modules, &error) == 0 && modules_load(modules, modalias, &error) < 0)
        error_clear(&error);
}

static int verify(int device, struct pci_address address, struct error *error) {
    char driver[DRIVER_NAME_MAX];
    int r = sysfs_read_driver(device, driver);

    if (r < 0)
        return cannot(error, r, address, "its driver cannot be read");
    if (!*driver)
        return error_set(error, ENODEV,
                         "%s is free, but no driver of the host has taken it: install or load the "
                         "module of its driver (lspci -k names it)",
                         PCI_ADDRESS_FORMAT(address));
    if (driver_is_vfio_friendly(driver))
        return error_set(error, ENODEV,
                         "%s went to %s again: the kernel is told so elsewhere; look for its id "
                         "in /etc/modprobe.d and on the kernel line",
                         PCI_ADDRESS_FORMAT(address), driver);
    return 0;
}

static int run(void *data, _unused_ uint64_t deadline, struct error *error) {
    const struct pci_address *address = data;
    _cleanup_close_ int device = sysfs_open_device(*address);
    int r;

    if (device < 0)
        return cannot(error, device, *address, "the device is gone");
    r = sysfs_write_override(device, "");
    if (r < 0)
        return cannot(error, r, *address, "its driver_override cannot be cleared");
    r = sysfs_unbind(device, *address);
    if (r < 0 && r != -ENODEV && r != -ENOENT)
        return cannot(error, r, *address, "its driver does not let go of it");
    load_module(device);
    r = file_write_at(AT_FDCWD, DRIVERS_PROBE, PCI_ADDRESS_FORMAT(*address));
    if (r < 0)
        return cannot(error, r, *address, "the host's driver does not take it");
    return verify(device, *address, error);
}

int host_bind(struct pci_address address, uint64_t deadline, struct error *error) {
    struct work work = {.run = run, .open_lock = open_lock, .data = &address};

    work_run(&work, 1, deadline);
    if (work.result == 0)
        return 0;
    if (work.error.code) {
        error_move(error, &work.error);
        return work.result;
    }
    return error_set(error, -work.result,
                     "%s could not be given to a driver of the host in time: one of its drivers is "
                     "slow, or hangs in the kernel. The kernel log may tell why",
                     PCI_ADDRESS_FORMAT(address));
}
