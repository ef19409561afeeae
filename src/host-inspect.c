/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the devices of a host stand now: what of it may block is read in a worker. */

#include "host.h"

#include <errno.h>
#include <string.h>

#include "reader.h"
#include "sysfs.h"

/* An override, as the worker reads it. */
struct override {
    struct pci_address address;
    int result;
    char name[DRIVER_NAME_MAX];
};

static void read_override(void *item, _unused_ size_t i) {
    struct override *override = item;
    _cleanup_close_ int directory = sysfs_open_device(override->address);

    override->result = directory < 0 ? directory : sysfs_read_override(directory, override->name);
}

int host_report_stuck(const struct host *host, struct pci_address address, struct error *error) {
    const struct host_device *device = host_device(host, address);

    return error_set(error, ETIME,
                     "%s does not answer: its driver (%s) is stuck in the kernel. See the kernel "
                     "log; only a reboot may free it",
                     PCI_ADDRESS_FORMAT(address),
                     *device->driver ? device->driver : "being removed");
}

static int take_override(const struct override *override, struct host *host, struct error *error) {
    struct host_device *device = host_device(host, override->address);
    int r = device ? override->result : -ENODEV;

    if (r < 0)
        return error_set(error, -r, "driver_override of %s cannot be read: %s",
                         PCI_ADDRESS_FORMAT(override->address), strerror(-r));
    strcpy(device->override, override->name);
    return 0;
}

static int inspect_overrides(struct host *host, const struct pci_address *addresses, size_t count,
                             uint64_t deadline, struct error *error) {
    _cleanup_free_ struct override *overrides = calloc(count, sizeof *overrides);
    const struct reader reader = {read_override, overrides, count, sizeof *overrides};
    size_t stuck;
    int r;

    if (!overrides)
        return error_oom(error);
    for (size_t i = 0; i < count; i++)
        overrides[i].address = addresses[i];
    r = reader_run(&reader, deadline, &stuck, error);
    if (r == READER_STUCK)
        return host_report_stuck(host, addresses[stuck], error);
    for (size_t i = 0; i < count && r == 0; i++)
        r = take_override(&overrides[i], host, error);
    return r;
}

static int inspect_drivers(struct host *host, struct error *error) {
    for (size_t i = 0; i < host->n_devices; i++) {
        struct host_device *device = &host->devices[i];
        _cleanup_close_ int directory = -1;
        int r;

        if (!device->present)
            continue;
        directory = sysfs_open_device(device->address);
        r = directory < 0 ? directory : sysfs_read_driver(directory, device->driver);
        if (r < 0)
            return error_set(error, -r, "the driver of %s cannot be read: %s",
                             PCI_ADDRESS_FORMAT(device->address), strerror(-r));
    }
    return 0;
}

int host_inspect(struct host *host, const struct pci_address *addresses, size_t count,
                 uint64_t deadline, struct error *error) {
    int r = inspect_drivers(host, error);

    return r < 0 || count == 0 ? r : inspect_overrides(host, addresses, count, deadline, error);
}
