/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pci-names.h"

#include <dlfcn.h>
#include <string.h>

#include <libudev.h>

#include "library.h"
#include "text.h"

/* The functions of libudev in use. */
struct udev_functions {
    __typeof__(udev_new) *new;
    __typeof__(udev_unref) *unref;
    __typeof__(udev_hwdb_new) *hwdb_new;
    __typeof__(udev_hwdb_unref) *hwdb_unref;
    __typeof__(udev_hwdb_get_properties_list_entry) *get_properties;
    __typeof__(udev_list_entry_get_by_name) *get_by_name;
    __typeof__(udev_list_entry_get_value) *get_value;
};

static void *load_libudev(struct udev_functions *udev) {
    const struct library_function functions[] = {
        {"udev_new", &udev->new},
        {"udev_unref", &udev->unref},
        {"udev_hwdb_new", &udev->hwdb_new},
        {"udev_hwdb_unref", &udev->hwdb_unref},
        {"udev_hwdb_get_properties_list_entry", &udev->get_properties},
        {"udev_list_entry_get_by_name", &udev->get_by_name},
        {"udev_list_entry_get_value", &udev->get_value},
    };
    const char *why;

    return library_load("libudev.so.1", functions, ELEMENTS(functions), &why);
}

/* "NVIDIA Corporation" is NVIDIA to everybody who reads a message. */
static size_t short_length(const char *vendor) {
    static const char *const endings[] = {" Corporation", " Corp.", " Inc.", " Inc", " Ltd.",
                                          " Ltd",         " Co.",   " Co",   ","};
    size_t length = strlen(vendor);

    for (size_t i = 0; i < ELEMENTS(endings); i++) {
        size_t n = strlen(endings[i]);

        if (length > n && strncmp(vendor + length - n, endings[i], n) == 0) {
            length -= n;
            i = (size_t)-1; /* from the start again: "Co., Ltd." has several */
        }
    }
    return length;
}

static const char *property(const struct udev_functions *udev, struct udev_list_entry *properties,
                            const char *name) {
    struct udev_list_entry *entry = udev->get_by_name(properties, name);

    return entry ? udev->get_value(entry) : NULL;
}

static char *look_up(const struct udev_functions *udev, struct udev_hwdb *hwdb,
                     const char *modalias) {
    struct udev_list_entry *properties = udev->get_properties(hwdb, modalias, 0);
    const char *vendor = property(udev, properties, "ID_VENDOR_FROM_DATABASE");
    const char *model = property(udev, properties, "ID_MODEL_FROM_DATABASE");

    if (!vendor)
        return NULL;
    return text_format("%.*s %s", (int)short_length(vendor), vendor, model ? model : "device");
}

char *pci_name(const char *modalias) {
    struct udev_functions udev;
    struct udev_hwdb *hwdb = NULL;
    struct udev *context = NULL;
    char *name = NULL;
    void *library = load_libudev(&udev);

    if (!library)
        return NULL;
    context = udev.new();
    if (context)
        hwdb = udev.hwdb_new(context);
    if (hwdb) {
        name = look_up(&udev, hwdb, modalias);
        udev.hwdb_unref(hwdb);
    }
    if (context)
        udev.unref(context);
    dlclose(library);
    return name;
}
