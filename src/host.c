/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "host-drivers.h"
#include "sysfs.h"

#define CONFIG_HEADER_TYPE 0x0e

/* PCI base class of displays. */
#define CLASS_DISPLAY 0x03

/* ---- what a device is ---------------------------------------------------------------------- */

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
    r = pci_modalias_parse(device->modalias, &device->id, &device->class);
    if (r >= 0)
        r = read_header_type(directory, device);
    if (r >= 0)
        r = read_group(directory, device);
    device->boot_display = device->class >> 16 == CLASS_DISPLAY && sysfs_is_boot_display(directory);
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
    for (struct dirent *entry = file_next_entry(members, &r); entry && r >= 0;
         entry = file_next_entry(members, &r)) {
        struct pci_address address;

        /* Not only PCI devices are in groups; only they have such names. */
        if (pci_address_parse(entry->d_name, &address) == 0 && !host_device(host, address))
            r = add_device(host, address, error);
    }
    return r < 0 && !error->code
               ? error_set(error, -r, "the members of IOMMU group %d cannot be listed: %s", group,
                           strerror(-r))
               : r;
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

int host_read(const struct domain *domain, unsigned libvirt, struct host **ret,
              struct error *error) {
    _cleanup_host_ struct host *host = calloc(1, sizeof *host);
    int r = 0;

    if (!host)
        return error_oom(error);
    host->libvirt = libvirt;
    for (size_t i = 0; i < domain->n_hostdevs && r >= 0; i++)
        r = add_with_group(host, domain->hostdevs[i].address, error);
    if (r >= 0 && domain->n_hostdevs > 0 && libvirt >= LIBVIRT_KNOWS_VARIANTS)
        r = host_find_variants(domain, host, error);
    if (r >= 0 && domain->n_hostdevs > 0)
        r = host_read_drivers(domain, host, error);
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
    host_mdevs_done(&host->mdevs);
    host_cpus_done(&host->cpus);
    free(host->vgpus);
    free(host);
}
