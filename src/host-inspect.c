/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the devices of a host stand now: what of it may block is read in a worker. */

#include "host.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "sysfs.h"
#include "work.h"

/* What the inspecting worker reports, in memory it shares with the hook: when it gets stuck, what
 * it had read so far tells on which device. */
struct inspection {
    const struct pci_address *addresses;
    size_t count;
    volatile bool started;
    volatile size_t done;
    struct {
        int result;
        char override[DRIVER_NAME_MAX];
    } devices[];
};

static int read_overrides(void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    struct inspection *inspection = data;

    inspection->started = true;
    for (size_t i = 0; i < inspection->count; i++) {
        _cleanup_close_ int directory = sysfs_open_device(inspection->addresses[i]);

        inspection->devices[i].result =
            directory < 0 ? directory
                          : sysfs_read_override(directory, inspection->devices[i].override);
        inspection->done = i + 1;
    }
    return 0;
}

static int report_stuck(const struct host *host, struct pci_address address, struct error *error) {
    const struct host_device *device = host_device(host, address);

    return error_set(error, ETIME,
                     "%s does not answer: its driver (%s) is stuck in the kernel. See the kernel "
                     "log; only a reboot may free it",
                     PCI_ADDRESS_FORMAT(address),
                     *device->driver ? device->driver : "being removed");
}

static int take_overrides(const struct inspection *inspection, struct host *host,
                          struct error *error) {
    for (size_t i = 0; i < inspection->count; i++) {
        struct host_device *device = host_device(host, inspection->addresses[i]);
        int r = device ? inspection->devices[i].result : -ENODEV;

        if (r < 0)
            return error_set(error, -r, "driver_override of %s cannot be read: %s",
                             PCI_ADDRESS_FORMAT(inspection->addresses[i]), strerror(-r));
        strcpy(device->override, inspection->devices[i].override);
    }
    return 0;
}

static int inspect_overrides(struct host *host, struct inspection *inspection, uint64_t deadline,
                             struct error *error) {
    struct work work = {.run = read_overrides, .data = inspection};

    work_run(&work, 1, deadline);
    if (work.result == -ETIME && !inspection->started)
        return error_set(error, ETIME, "no time was left to look at the VM's devices");
    if (work.result == -ETIME && inspection->done < inspection->count)
        return report_stuck(host, inspection->addresses[inspection->done], error);
    if (work.result < 0 && work.error.code) {
        error_move(error, &work.error);
        return work.result;
    }
    return take_overrides(inspection, host, error);
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
    struct inspection *inspection;
    size_t size = sizeof *inspection + count * sizeof inspection->devices[0];
    int r = inspect_drivers(host, error);

    if (r < 0 || count == 0)
        return r;
    inspection = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (inspection == MAP_FAILED)
        return error_oom(error);
    inspection->addresses = addresses;
    inspection->count = count;
    r = inspect_overrides(host, inspection, deadline, error);
    munmap(inspection, size);
    return r;
}
