/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver.h"

#include <string.h>

bool driver_name_valid(const char *name) {
    size_t length = strlen(name);

    if (length == 0 || length >= DRIVER_NAME_MAX || name[0] == '.')
        return false;
    for (; *name; name++)
        if (*name < ' ' || *name > '~' || *name == '/')
            return false;
    return true;
}

bool driver_name_same(const char *a, const char *b) {
    for (; *a && *b; a++, b++)
        if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
            return false;
    return *a == *b;
}

void driver_module_name(const char *driver, char *ret) {
    snprintf(ret, DRIVER_NAME_MAX, "%s", driver);
    for (char *c = ret; *c; c++)
        if (*c == '-')
            *c = '_';
}

bool driver_is_vfio_friendly(const char *name) {
    return strcmp(name, "pci-stub") == 0 || strstr(name, "vfio") != NULL;
}
