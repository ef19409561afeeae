/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list.h"

#include <errno.h>
#include <string.h>

#include "host-owners.h"
#include "list-filter.h"
#include "list-print.h"
#include "list-rom.h"
#include "list-text.h"
#include "options.h"
#include "say.h"
#include "svg.h"
#include "verb.h"

struct request {
    struct list_filter filter;
    struct pci_address *devices; /* owned */
    bool tree, json, rom;
    const char *svg;
};

static void request_done(struct request *request) {
    free(request->devices);
}

/* ---- the command line ------------------------------------------------------------------------ */

static int parse_group(const char *text, struct list_filter *filter) {
    char end;

    filter->by_group = text;
    if (text && sscanf(text, "%d%c", &filter->group, &end) != 1) {
        say_error("list: --group %s: expected a number", text);
        return -EINVAL;
    }
    return 0;
}

static int parse_kind(const char *text, struct list_filter *filter) {
    filter->kind = text;
    if (text && !list_kind_valid(text)) {
        say_error("list: --class %s: expected gpu, nvme, disk, net, usb, audio, accelerator, "
                  "bridge, other, or a class such as 0300",
                  text);
        return -EINVAL;
    }
    return 0;
}

static int parse_options(int argc, char **argv, struct request *request) {
    const char *group = NULL, *kind = NULL;
    const struct option_row rows[] = {
        {"group", NULL, &group},
        {"class", NULL, &kind},
        {"free", &request->filter.free, NULL},
        {"tree", &request->tree, NULL},
        {"json", &request->json, NULL},
        {"svg", NULL, &request->svg},
        {"rom", &request->rom, NULL},
    };
    int first = options_parse("list", rows, ELEMENTS(rows), argc, argv);

    if (first < 0)
        return first;
    if (request->tree + request->json + (request->svg != NULL) > 1) {
        say_error("list: only one of --tree, --json and --svg");
        return -EINVAL;
    }
    if (parse_group(group, &request->filter) < 0 || parse_kind(kind, &request->filter) < 0)
        return -EINVAL;
    return first;
}

/* The exit code for devices that are none. */
static int find_devices(const struct inventory *inventory, char **names, size_t count,
                        struct request *request) {
    request->devices = calloc(count + 1, sizeof *request->devices);
    for (size_t i = 0; i < count; i++) {
        _cleanup_error_ struct error error = {0};
        struct pci_device *device = NULL;
        int r = request->devices ? inventory_find_text(inventory, names[i], &device, &error)
                                 : error_oom(&error);

        if (r < 0 || !device) {
            say_error("%s", error_text(&error));
            return r == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
        }
        request->devices[i] = device->address;
    }
    request->filter.devices = request->devices;
    request->filter.n_devices = count;
    return EXIT_SUCCESS;
}

/* ---- what is shown --------------------------------------------------------------------------- */

/* Once, below all that is listed. */
static void print_notes(const struct inventory *inventory, bool has_iommu) {
    bool any_unknown = false;

    for (size_t i = 0; i < inventory->count; i++)
        any_unknown = any_unknown || inventory->items[i].owner == PCI_OWNER_UNKNOWN;
    if (!has_iommu)
        puts("\nNo device has an IOMMU group: no VM can have one of them until the IOMMU (VT-d, "
             "AMD-Vi) is\nswitched on, in the firmware and on the kernel line; hostdevctl check "
             "tells more.");
    if (any_unknown && geteuid() != 0)
        puts("\n?: only root can see whether somebody holds it.");
}

static int print_table(const struct inventory *inventory, const struct request *request,
                       bool has_iommu) {
    bool is_short = list_is_short(inventory);
    int r;

    if (inventory->count == 0) {
        puts("No such device.");
        return 0;
    }
    r = request->tree ? list_print_tree(inventory, is_short)
                      : list_print_groups(inventory, is_short);
    if (r == 0)
        print_notes(inventory, has_iommu);
    return r;
}

static int show(struct inventory *inventory, const struct request *request, struct error *error) {
    bool has_iommu = inventory->has_iommu;
    int r = list_filter_apply(&request->filter, request->tree || request->svg, inventory);

    if (r < 0)
        return error_oom(error);
    if (request->rom)
        list_read_roms(inventory);
    if (request->svg)
        return svg_write_file(inventory, request->svg, error);
    r = request->json ? list_print_json(inventory) : print_table(inventory, request, has_iommu);
    return r < 0 ? error_oom(error) : 0;
}

int list_main(int argc, char **argv) {
    _cleanup_inventory_ struct inventory inventory = {0};
    _cleanup_(request_done) struct request request = {0};
    _cleanup_error_ struct error error = {0};
    int first = parse_options(argc, argv, &request), code;

    if (first < 0)
        return EXIT_USAGE;
    if (request.rom && say_root_is_needed("hostdevctl list --rom"))
        return EXIT_FAILURE;
    if (inventory_read(&inventory, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    code = find_devices(&inventory, argv + first, (size_t)(argc - first), &request);
    if (code != EXIT_SUCCESS)
        return code;
    if (inventory_ask(&inventory, &error) < 0 || show(&inventory, &request, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
