/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the host itself is using devices: asked in a worker, for a disk that is opened may wait
 * for its driver. */

#include "host.h"

#include <errno.h>
#include <string.h>

#include "reader.h"

/* All devices that are asked about; one item, for the processes are looked through once. */
struct examined {
    size_t count;
    struct in_use devices[];
};

static void examine(void *item, _unused_ size_t i) {
    in_use_examine(item);
}

static void find_processes(void *item, _unused_ size_t i) {
    struct examined *examined = item;

    in_use_find_processes(examined->devices, examined->count);
}

static bool is_hosts(const struct host_device *device) {
    return device && device->present && *device->driver && !driver_is_vfio_friendly(device->driver);
}

static struct examined *choose(const struct host *host, const struct pci_address *addresses,
                               size_t count) {
    struct examined *examined = calloc(1, sizeof *examined + count * sizeof *examined->devices);

    for (size_t i = 0; examined && i < count; i++)
        if (is_hosts(host_device(host, addresses[i])))
            examined->devices[examined->count++].address = addresses[i];
    return examined;
}

static int run(const struct host *host, struct examined *examined, uint64_t deadline,
               struct error *error) {
    const struct reader devices = {examine, examined->devices, examined->count,
                                   sizeof *examined->devices};
    const struct reader processes = {find_processes, examined, 1,
                                     sizeof *examined +
                                         examined->count * sizeof *examined->devices};
    size_t stuck;
    int r = reader_run(&devices, deadline, &stuck, error);

    if (r == READER_STUCK)
        return host_report_stuck(host, examined->devices[stuck].address, error);
    if (r == 0)
        r = reader_run(&processes, deadline, &stuck, error);
    if (r == READER_STUCK)
        return error_set(error, ETIME,
                         "no time was left to find out whether the VM's devices are in use");
    return r;
}

int host_examine(struct host *host, const struct pci_address *addresses, size_t count,
                 uint64_t deadline, struct error *error) {
    _cleanup_free_ struct examined *examined = choose(host, addresses, count);
    int r;

    if (!examined)
        return error_oom(error);
    if (examined->count == 0)
        return 0;
    r = run(host, examined, deadline, error);
    for (size_t i = 0; i < examined->count && r == 0; i++) {
        const struct in_use *in_use = &examined->devices[i];
        struct host_device *device = host_device(host, in_use->address);

        device->use = in_use->rank;
        strcpy(device->user, in_use->user);
    }
    return r;
}
