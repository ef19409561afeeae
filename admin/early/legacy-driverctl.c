/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What driverctl(8) saves: a file for each device, in which is the driver's name. */

#include "legacy.h"

#include <errno.h>
#include <fcntl.h>

#include "driver.h"
#include "file.h"
#include "say.h"
#include "text.h"

#define DIRECTORY "/etc/driverctl.d"

static int take(struct legacy *legacy, const char *name, struct pci_address address,
                const char *driver) {
    int r;

    if (!driver_name_same(driver, DRIVER_VFIO_PCI)) {
        say_warning(DIRECTORY "/%s is left as it is: it has driverctl bind the device to %s, which "
                              "is not for VMs",
                    name, driver);
        return 0;
    }
    r = legacy_add_source(legacy, text_format(DIRECTORY "/%s", name),
                          text_format("the file " DIRECTORY "/%s", name));
    return r < 0 ? r : legacy_add_address(legacy, address);
}

static int is_address(const struct dirent *entry) {
    struct pci_address address;

    return pci_address_parse(entry->d_name, &address) == 0;
}

int legacy_read_driverctl(struct legacy *legacy) {
    struct dirent **entries = NULL;
    int count = scandir(DIRECTORY, &entries, is_address, alphasort), r = 0;

    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *path = text_format(DIRECTORY "/%s", entries[i]->d_name);
        char driver[DRIVER_NAME_MAX];
        struct pci_address address;

        if (r == 0 && !path)
            r = -ENOMEM;
        if (r == 0 && file_read_line_at(AT_FDCWD, path, driver, sizeof driver) > 0 &&
            pci_address_parse(entries[i]->d_name, &address) == 0)
            r = take(legacy, entries[i]->d_name, address, driver);
        free(entries[i]);
    }
    free(entries);
    return r;
}
