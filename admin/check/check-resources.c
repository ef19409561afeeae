/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices for whose memory the firmware left no room: without it a device does not work, neither
 * for the host nor for a VM.
 */

#include "check-host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device-text.h"
#include "sysfs.h"
#include "text.h"

#define DEVICES "/sys/bus/pci/devices"

/* The first lines of `resource` are the BARs (Documentation/PCI/sysfs-pci.rst); behind them are the
 * ROM, and the windows of bridges and of virtual functions, without which a device may well do. */
#define BARS 6

/* The kernel's own (include/linux/ioport.h). */
#define IORESOURCE_MEM UINT64_C(0x200)
#define IORESOURCE_UNSET UINT64_C(0x20000000)

static bool lacks_room(int device) {
    int fd = openat(device, "resource", O_RDONLY | O_CLOEXEC);
    _cleanup_fclose_ FILE *stream = fd < 0 ? NULL : fdopen(fd, "re");
    unsigned long long start, end, flags;

    for (int i = 0; stream && i < BARS; i++) {
        if (fscanf(stream, "%llx %llx %llx", &start, &end, &flags) != 3)
            break;
        if ((flags & IORESOURCE_MEM) && (flags & IORESOURCE_UNSET))
            return true;
    }
    if (!stream && fd >= 0)
        close(fd);
    return false;
}

static bool device_lacks_room(const char *name, struct pci_address *ret) {
    _cleanup_close_ int device = -1;

    if (pci_address_parse(name, ret) < 0)
        return false;
    device = sysfs_open_device(*ret);
    return device >= 0 && lacks_room(device);
}

int check_resources(struct check_report *report) {
    _cleanup_closedir_ DIR *directory = opendir(DEVICES);
    struct pci_address address;

    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (device_lacks_room(entry->d_name, &address)) {
            _cleanup_free_ char *device = device_text(address);

            return check_warn(
                report,
                device ? text_format("there is no room for the memory of %s", device) : NULL,
                text_format("switch \"Above 4G decoding\" on in the firmware's settings, or add "
                            "pci=realloc to the kernel line"));
        }
    return check_ok(report, text_format("each device has room for its memory"));
}
