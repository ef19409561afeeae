/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "file.h"
#include "log.h"
#include "module.h"
#include "sysfs.h"
#include "variant.h"
#include "work.h"

#define CONFIG_HEADER_TYPE 0x0e

/* ---- what a device is ---------------------------------------------------------------------- */

/* The kernel writes all identification into the modalias: one file instead of five
 * (pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02). */
static int parse_modalias(const char *modalias, struct host_device *device) {
    unsigned vendor, id, base, sub, interface;

    if (sscanf(modalias, "pci:v%8Xd%8Xsv%*8Xsd%*8Xbc%2Xsc%2Xi%2X", &vendor, &id, &base, &sub,
               &interface) != 5)
        return -EINVAL;
    device->id = (struct pci_id){.vendor = (uint16_t)vendor, .device = (uint16_t)id};
    device->class = base << 16 | sub << 8 | interface;
    return 0;
}

static int read_header_type(int directory, struct host_device *device) {
    _cleanup_close_ int fd = openat(directory, "config", O_RDONLY | O_CLOEXEC);
    uint8_t header_type;
    ssize_t n = fd < 0 ? -1 : pread(fd, &header_type, 1, CONFIG_HEADER_TYPE);

    if (n != 1)
        return n < 0 ? -errno : -EIO;
    device->header_type = header_type & 0x7f;
    return 0;
}

static int read_group(int directory, struct host_device *device) {
    char name[16];
    int r = file_link_name_at(directory, "iommu_group", name, sizeof name);

    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    return sscanf(name, "%d", &device->group) == 1 ? 0 : -EINVAL;
}

static int read_identity(int directory, struct host_device *device) {
    ssize_t length =
        file_read_line_at(directory, "modalias", device->modalias, sizeof device->modalias);
    int r;

    if (length < 0)
        return (int)length;
    r = parse_modalias(device->modalias, device);
    if (r >= 0)
        r = read_header_type(directory, device);
    if (r >= 0)
        r = read_group(directory, device);
    /* Only for messages yet: host_inspect reads it again. */
    if (r >= 0)
        r = sysfs_read_driver(directory, device->driver);
    return r;
}

/* ---- which devices there are --------------------------------------------------------------- */

static size_t position(const struct host *host, struct pci_address address) {
    return pci_address_position(host->devices, host->n_devices, sizeof *host->devices, address);
}

struct host_device *host_device(const struct host *host, struct pci_address address) {
    size_t i = position(host, address);

    return i < host->n_devices && pci_address_equal(host->devices[i].address, address)
               ? &host->devices[i]
               : NULL;
}

static int insert_device(struct host *host, const struct host_device *device) {
    size_t i = position(host, device->address);
    struct host_device *larger = reallocarray(host->devices, host->n_devices + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    host->devices = larger;
    memmove(&larger[i + 1], &larger[i], (host->n_devices - i) * sizeof *larger);
    larger[i] = *device;
    host->n_devices++;
    return 0;
}

static int add_device(struct host *host, struct pci_address address, struct error *error) {
    struct host_device device = {.address = address, .group = IOMMU_GROUP_NONE};
    _cleanup_close_ int directory = sysfs_open_device(address);
    int r = directory;

    if (r >= 0) {
        device.present = true;
        r = read_identity(directory, &device);
    }
    /* Gone since its directory was opened: not there. */
    if (r == -ENOENT || r == -ENODEV) {
        device = (struct host_device){.address = address, .group = IOMMU_GROUP_NONE};
        r = 0;
    }
    if (r < 0)
        return error_set(error, -r, "%s cannot be read from /sys: %s", PCI_ADDRESS_FORMAT(address),
                         strerror(-r));
    return insert_device(host, &device) < 0 ? error_oom(error) : 0;
}

/* Adds every member of an IOMMU group that is not there yet. */
static int add_group(struct host *host, int group, struct error *error) {
    _cleanup_closedir_ DIR *members = NULL;
    char path[64];
    int r = 0;

    snprintf(path, sizeof path, "/sys/kernel/iommu_groups/%d/devices", group);
    members = opendir(path);
    if (!members)
        return error_set(error, errno, "the members of IOMMU group %d cannot be listed: %s", group,
                         strerror(errno));
    for (struct dirent *entry = readdir(members); entry && r >= 0; entry = readdir(members)) {
        struct pci_address address;

        /* Not only PCI devices are in groups; only they have such names. */
        if (pci_address_parse(entry->d_name, &address) == 0 && !host_device(host, address))
            r = add_device(host, address, error);
    }
    return r;
}

static int add_with_group(struct host *host, struct pci_address address, struct error *error) {
    int r = 0, group;

    /* Already here as a member of another's group, which then is here as a whole. */
    if (host_device(host, address))
        return 0;
    r = add_device(host, address, error);
    if (r < 0)
        return r;
    group = host_device(host, address)->group;
    return group == IOMMU_GROUP_NONE ? 0 : add_group(host, group, error);
}

/* ---- which drivers there are --------------------------------------------------------------- */

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

/* Looks for variants, if the calling libvirt knows such drivers and the XML names none itself. */
static int find_variants(const struct domain *domain, struct host *host, struct error *error) {
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

static int read_drivers(const struct domain *domain, struct host *host, struct error *error) {
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

int host_read(const struct domain *domain, bool variants, struct host **ret, struct error *error) {
    _cleanup_host_ struct host *host = calloc(1, sizeof *host);
    int r = 0;

    if (!host)
        return error_oom(error);
    for (size_t i = 0; i < domain->n_hostdevs && r >= 0; i++)
        r = add_with_group(host, domain->hostdevs[i].address, error);
    if (r >= 0 && domain->n_hostdevs > 0 && variants)
        r = find_variants(domain, host, error);
    if (r >= 0 && domain->n_hostdevs > 0)
        r = read_drivers(domain, host, error);
    if (r < 0)
        return r;
    *ret = take_pointer(host);
    return 0;
}

void host_free(struct host *host) {
    if (!host)
        return;
    free(host->devices);
    free(host->drivers);
    free(host);
}

/* ---- how the devices stand ----------------------------------------------------------------- */

/* What the inspecting worker reports, in memory it shares with the hook: when it gets stuck, what
 * it had read so far tells on which device. */
struct inspection {
    const struct pci_address *addresses;
    size_t count;
    volatile size_t done;
    struct {
        int result;
        char override[DRIVER_NAME_MAX];
    } devices[];
};

static int read_overrides(void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    struct inspection *inspection = data;

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
