/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml-snippet-verb.h"

#include <errno.h>
#include <string.h>

#include "options.h"
#include "say.h"
#include "verb.h"
#include "xml-snippet.h"

struct request {
    bool slot, group, interface, managed;
};

/* Which devices of the inventory are to be printed. */
struct choice {
    const struct inventory *inventory;
    bool *chosen; /* owned */
};

static void choice_done(struct choice *choice) {
    free(choice->chosen);
}

/* ---- the command line ------------------------------------------------------------------------ */

static int parse_options(int argc, char **argv, struct request *request) {
    const char *managed = "yes";
    const struct option_row rows[] = {
        {"slot", &request->slot, NULL},
        {"group", &request->group, NULL},
        {"interface", &request->interface, NULL},
        {"managed", NULL, &managed},
    };
    int first = options_parse("xml", rows, ELEMENTS(rows), argc, argv);

    if (first < 0)
        return first;
    request->managed = strcmp(managed, "yes") == 0;
    if (!request->managed && strcmp(managed, "no") != 0) {
        say_error("xml: --managed %s: expected yes or no", managed);
        return -EINVAL;
    }
    if (first == argc) {
        say_error("xml: which device? For example: hostdevctl xml 0000:05:00.0 (hostdevctl list "
                  "tells what there is)");
        return -EINVAL;
    }
    return first;
}

/* ---- which devices --------------------------------------------------------------------------- */

static bool is_same_slot(const struct pci_device *a, const struct pci_device *b) {
    return a->address.domain == b->address.domain && a->address.bus == b->address.bus &&
           a->address.slot == b->address.slot;
}

/* A VF is in a slot with other cards' functions by chance. */
static bool goes_along(const struct pci_device *device, const struct pci_device *other,
                       const struct request *request) {
    if (other->bridge)
        return false;
    return (request->slot && !device->is_vf && !other->is_vf && is_same_slot(device, other)) ||
           (request->group && device->group == other->group);
}

static void choose(const struct choice *choice, const struct pci_device *device,
                   const struct request *request) {
    choice->chosen[device - choice->inventory->items] = true;
    for (size_t i = 0; i < choice->inventory->count; i++)
        if (goes_along(device, &choice->inventory->items[i], request))
            choice->chosen[i] = true;
}

/* 0, or a negative errno with a sentence. */
static int check(const struct pci_device *device, const struct request *request,
                 struct error *error) {
    _cleanup_free_ char *text = pci_device_text(device);

    if (!text)
        return error_oom(error);
    if (device->bridge)
        return error_set(error, EINVAL,
                         "%s cannot be given to a VM: it is a bridge, which stays with the host",
                         text);
    if (device->group == PCI_GROUP_NONE)
        return error_set(error, EINVAL,
                         "%s cannot be given to a VM: it has no IOMMU group. Switch the IOMMU "
                         "(VT-d, AMD-Vi) on, in the firmware and on the kernel line",
                         text);
    if (request->interface && (!device->is_vf || strcmp(pci_device_kind(device), "net") != 0))
        return error_set(error, EINVAL,
                         "%s cannot be an <interface>: it is no virtual function of a network "
                         "card. Leave --interface out",
                         text);
    return 0;
}

/* All that is wrong is said at once. An exit code. */
static int choose_all(const struct choice *choice, const struct request *request, char **names,
                      size_t count) {
    int code = EXIT_SUCCESS;

    for (size_t i = 0; i < count; i++) {
        _cleanup_error_ struct error error = {0};
        struct pci_device *device = NULL;
        int r = inventory_find_text(choice->inventory, names[i], &device, &error);

        if (r < 0 && code == EXIT_SUCCESS)
            code = r == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
        if (r == 0 && check(device, request, &error) < 0)
            code = EXIT_FAILURE;
        if (error.code)
            say_error("%s", error_text(&error));
        else
            choose(choice, device, request);
    }
    return code;
}

/* ---- what is printed ------------------------------------------------------------------------- */

/* What keeps a VM from having the rest of its group (kernel Documentation/driver-api/vfio.rst). */
static bool is_in_the_way(const struct choice *choice, size_t i) {
    const struct pci_device *device = &choice->inventory->items[i];

    if (choice->chosen[i] || device->group == PCI_GROUP_NONE || !*device->driver ||
        strcmp(device->driver, "pcieport") == 0 || driver_is_vfio_friendly(device->driver))
        return false;
    for (size_t j = 0; j < choice->inventory->count; j++)
        if (choice->chosen[j] && choice->inventory->items[j].group == device->group)
            return true;
    return false;
}

static int warn(const struct choice *choice) {
    for (size_t i = 0; i < choice->inventory->count; i++) {
        const struct pci_device *device = &choice->inventory->items[i];
        _cleanup_free_ char *text = NULL;

        if (!is_in_the_way(choice, i))
            continue;
        text = pci_device_text(device);
        if (!text)
            return -ENOMEM;
        say_warning("%s is in the same IOMMU group, %d, and on driver %s of the host: it has to "
                    "go along%s, or have no driver",
                    text, device->group, device->driver,
                    device->bridge ? "" : " (hostdevctl xml --group)");
    }
    return 0;
}

/* All that are chosen of the slot that `first` is in; how many. */
static size_t find_functions(const struct choice *choice, size_t first,
                             const struct pci_device **ret) {
    size_t count = 0;

    for (size_t i = first; i < choice->inventory->count; i++)
        if (choice->chosen[i] && count < 8 &&
            is_same_slot(&choice->inventory->items[i], &choice->inventory->items[first]))
            ret[count++] = &choice->inventory->items[i];
    return count;
}

static int print(const struct choice *choice, const struct request *request) {
    const struct pci_device *last = NULL;
    int r = 0;

    for (size_t i = 0; i < choice->inventory->count && r == 0; i++) {
        const struct pci_device *device = &choice->inventory->items[i], *functions[8];
        const struct xml_snippet snippet = {device, request->managed, request->interface};
        size_t count;

        if (!choice->chosen[i])
            continue;
        count = find_functions(choice, i, functions);
        if (request->slot && count > 1 && (!last || !is_same_slot(last, device)))
            xml_snippet_print_advice(functions, count, stdout);
        r = xml_snippet_print(&snippet, stdout);
        last = device;
    }
    return r < 0 ? r : warn(choice);
}

int xml_main(int argc, char **argv) {
    _cleanup_inventory_ struct inventory inventory = {0};
    _cleanup_(choice_done) struct choice choice = {.inventory = &inventory};
    _cleanup_error_ struct error error = {0};
    struct request request = {0};
    int first = parse_options(argc, argv, &request), code;

    if (first < 0)
        return EXIT_USAGE;
    if (inventory_read(&inventory, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    choice.chosen = calloc(inventory.count + 1, sizeof *choice.chosen);
    code = choice.chosen ? choose_all(&choice, &request, argv + first, (size_t)(argc - first))
                         : EXIT_FAILURE;
    if (code == EXIT_SUCCESS && print(&choice, &request) == 0)
        return EXIT_SUCCESS;
    if (code == EXIT_SUCCESS || !choice.chosen)
        say_error("out of memory");
    return code == EXIT_USAGE ? EXIT_USAGE : EXIT_FAILURE;
}
