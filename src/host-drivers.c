/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-drivers.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "module.h"
#include "sysfs.h"
#include "variant.h"

/* libkmod, loaded at the first question. */
static int find_module(struct modules **modules, const char *name, struct error *error) {
    int r = 0;

    if (!*modules)
        r = modules_open(modules, error);
    if (r < 0)
        return r;
    r = modules_find(*modules, name);
    if (r < 0)
        return error_set(error, -r, "the index of kernel modules cannot be searched: %s",
                         strerror(-r));
    return r;
}

const struct host_driver *host_driver(const struct host *host, const char *name) {
    for (size_t i = 0; i < host->n_drivers; i++)
        if (driver_name_same(host->drivers[i].name, name))
            return &host->drivers[i];
    return NULL;
}

static int add_driver(struct host *host, struct modules **modules, const char *name,
                      struct error *error) {
    struct host_driver driver = {0}, *larger;
    char module[DRIVER_NAME_MAX];
    int r = 0;

    if (!driver_name_valid(name) || host_driver(host, name))
        return 0;
    driver.registered = sysfs_find_driver(name, driver.name) == 0;
    if (!driver.registered) {
        strcpy(driver.name, name);
        driver_module_name(name, module);
        r = find_module(modules, module, error);
        if (r < 0)
            return r;
    }
    driver.available = driver.registered || r == 1;
    larger = reallocarray(host->drivers, host->n_drivers + 1, sizeof *larger);
    if (!larger)
        return error_oom(error);
    host->drivers = larger;
    larger[host->n_drivers++] = driver;
    return 0;
}

int host_find_variants(const struct domain *domain, struct host *host, struct error *error) {
    _cleanup_variants_ struct variants variants = {0};
    int r = variants_read(&variants);

    if (r == -ENOMEM)
        return error_oom(error);
    if (r < 0)
        log_warning("vfio-pci is used, for variants of it cannot be looked up: %s", strerror(-r));
    for (size_t i = 0; i < domain->n_hostdevs; i++) {
        struct host_device *device = host_device(host, domain->hostdevs[i].address);

        if (device->present && !domain->hostdevs[i].driver_model)
            variants_find(&variants, device->modalias, device->variant);
    }
    return 0;
}

int host_read_drivers(const struct domain *domain, struct host *host, struct error *error) {
    _cleanup_modules_ struct modules *modules = NULL;
    int r = add_driver(host, &modules, DRIVER_VFIO_PCI, error);

    for (size_t i = 0; i < domain->n_hostdevs && r >= 0; i++) {
        const struct hostdev *hostdev = &domain->hostdevs[i];
        const struct host_device *device = host_device(host, hostdev->address);

        if (hostdev->driver_model)
            r = add_driver(host, &modules, hostdev->driver_model, error);
        else if (*device->variant)
            r = add_driver(host, &modules, device->variant, error);
    }
    return r;
}
