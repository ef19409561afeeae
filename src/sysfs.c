/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"

#define SYSFS_PCI "/sys/bus/pci"

int sysfs_open_device(struct pci_address address) {
    char path[sizeof SYSFS_PCI "/devices/" + PCI_ADDRESS_TEXT_MAX];
    int fd;

    snprintf(path, sizeof path, SYSFS_PCI "/devices/%s", PCI_ADDRESS_FORMAT(address));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int sysfs_open_lock(struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);
    int fd;

    if (device < 0)
        return device;
    fd = openat(device, "remove", O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int read_hex(int device, const char *name, uint16_t *ret) {
    char text[16];
    ssize_t length = file_read_line_at(device, name, text, sizeof text);
    unsigned value;

    if (length < 0)
        return (int)length;
    if (sscanf(text, "0x%4x", &value) != 1)
        return -EINVAL;
    *ret = (uint16_t)value;
    return 0;
}

int sysfs_read_id(int device, struct pci_id *ret) {
    int r = read_hex(device, "vendor", &ret->vendor);

    return r < 0 ? r : read_hex(device, "device", &ret->device);
}

bool sysfs_is_boot_display(int device) {
    char value[8];

    return (file_read_line_at(device, "boot_vga", value, sizeof value) > 0 && *value == '1') ||
           (file_read_line_at(device, "boot_display", value, sizeof value) > 0 && *value == '1');
}

int sysfs_read_driver(int device, char *ret) {
    int r = file_link_name_at(device, "driver", ret, DRIVER_NAME_MAX);

    if (r == -ENOENT) {
        *ret = '\0';
        return 0;
    }
    return r;
}

int sysfs_read_override(int device, char *ret) {
    ssize_t length = file_read_line_at(device, "driver_override", ret, DRIVER_NAME_MAX);

    if (length < 0)
        return (int)length;
    /* How the kernel's printf shows the pointer of an override that is not there. */
    if (strcmp(ret, "(null)") == 0)
        *ret = '\0';
    return 0;
}

int sysfs_write_override(int device, const char *driver) {
    /* An empty write changes nothing; a newline alone unsets. */
    return file_write_at(device, "driver_override", *driver ? driver : "\n");
}

int sysfs_unbind(int device, struct pci_address address) {
    return file_write_at(device, "driver/unbind", PCI_ADDRESS_FORMAT(address));
}

int sysfs_bind(const char *driver, struct pci_address address) {
    char path[sizeof SYSFS_PCI "/drivers//bind" + DRIVER_NAME_MAX];

    if (!driver_name_valid(driver))
        return -EINVAL;
    snprintf(path, sizeof path, SYSFS_PCI "/drivers/%s/bind", driver);
    return file_write_at(AT_FDCWD, path, PCI_ADDRESS_FORMAT(address));
}

static bool driver_exists(const char *name) {
    char path[sizeof SYSFS_PCI "/drivers/" + DRIVER_NAME_MAX];

    snprintf(path, sizeof path, SYSFS_PCI "/drivers/%s", name);
    return access(path, F_OK) == 0;
}

int sysfs_find_driver(const char *name, char *ret) {
    char spelled[DRIVER_NAME_MAX];

    if (!driver_name_valid(name))
        return -ENOENT;
    snprintf(spelled, sizeof spelled, "%s", name);
    for (unsigned spelling = 0; spelling < 3; spelling++) {
        if (spelling > 0)
            for (char *c = spelled; *c; c++)
                if (*c == '-' || *c == '_')
                    *c = spelling == 1 ? '-' : '_';
        if (driver_exists(spelled)) {
            strcpy(ret, spelled);
            return 0;
        }
    }
    return -ENOENT;
}
