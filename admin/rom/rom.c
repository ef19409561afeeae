/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rom.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "deadline.h"
#include "file.h"
#include "host-owners.h"
#include "options.h"
#include "rom-print.h"
#include "say.h"
#include "verb.h"

/* Some devices give out their ROM slowly. */
#define PATIENCE_USEC (15 * USEC_PER_SEC)

/* What the command line says. */
struct request {
    const char *device;
    const char *save; /* a file, or NULL */
    bool json;
    bool in_use;
};

static int parse(int argc, char **argv, struct request *request) {
    const struct option_row rows[] = {
        {"save", NULL, &request->save},
        {"json", &request->json, NULL},
        {"in-use", &request->in_use, NULL},
    };
    int first = options_parse("rom", rows, ELEMENTS(rows), argc, argv);

    if (first < 0)
        return first;
    if (argc - first != 1) {
        say_error("rom: %s For example: hostdevctl rom 01:00.0 (lspci lists devices)",
                  first == argc ? "which device?" : "one device at a time.");
        return -EINVAL;
    }
    request->device = argv[first];
    return 0;
}

/* ---- saving ---------------------------------------------------------------------------------- */

static int write_file(const char *file, const struct rom *rom, struct error *error) {
    _cleanup_close_ int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int r;

    if (fd < 0 && errno == EEXIST)
        return error_set(error, EEXIST, "%s is there already, and is not written over", file);
    r = fd < 0 ? -errno : file_write_all(fd, (const char *)rom->data, rom->size);
    if (r == 0 && fsync(fd) < 0 && errno != EINVAL)
        r = -errno;
    if (r == 0)
        return 0;
    if (fd >= 0)
        unlink(file);
    return error_set(error, -r, "%s cannot be written: %s", file, strerror(-r));
}

static int save(const char *file, const struct rom *rom, char **ret, struct error *error) {
    int r = write_file(file, rom, error);

    if (r < 0)
        return r;
    *ret = realpath(file, NULL);
    return *ret ? 0 : error_oom(error);
}

/* ---- who uses the device --------------------------------------------------------------------- */

/* A device may have its registers and its ROM at the same addresses, of which it answers at one
 * only: while the ROM is read, whoever uses the device may find it gone. */
static int check_owner(const struct pci_device *owned, const char *device, bool even_by_host,
                       struct error *error) {
    const char *holder = owned->holder ? owned->holder : "somebody";

    if (owned->owner == PCI_OWNER_VM && owned->holder_gone)
        return error_set(error, EBUSY,
                         "%s has not been given back by VM %s, which is gone: hostdevctl recover "
                         "does that",
                         device, holder);
    switch (owned->owner) {
    case PCI_OWNER_VM:
    case PCI_OWNER_PROCESS:
        return error_set(error, EBUSY,
                         "%s is in use by %s%s, which may lose it while the option ROM is read: "
                         "shut that down first",
                         device, owned->owner == PCI_OWNER_VM ? "VM " : "", holder);
    case PCI_OWNER_STUCK:
        return error_set(error, ETIME,
                         "%s cannot be asked for its option ROM: its driver does not answer. The "
                         "kernel log may tell why",
                         device);
    case PCI_OWNER_HOST:
    case PCI_OWNER_UNKNOWN:
        if (even_by_host)
            return 0;
        return error_set(error, EBUSY,
                         "%s is in use by the host%s%s. While its option ROM is read it may not "
                         "answer to its driver: free it first, or say --in-use if that does no "
                         "harm",
                         device, owned->holder ? ": " : "", owned->holder ? holder : "");
    case PCI_OWNER_NOBODY:
        break;
    }
    return 0;
}

/* Only this one device is asked about. The copy in memory is no device's. */
static int check_use(struct pci_device *asked, const char *device, bool in_use,
                     const struct rom *rom, struct error *error) {
    struct inventory one = {.items = asked, .count = 1, .has_iommu = true};
    int r = inventory_ask(&one, error);

    return r < 0 ? r : check_owner(asked, device, in_use || rom->shadow, error);
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int read_rom(const struct request *request, struct pci_device *found, const char *device,
                    struct rom *rom, struct error *error) {
    int r = rom_find(found->address, device, rom, error);

    if (r == 0)
        r = check_use(found, device, request->in_use, rom, error);
    return r < 0 ? r : rom_read(found->address, device, now_usec() + PATIENCE_USEC, rom, error);
}

static int run(const struct request *request, struct error *error) {
    _cleanup_inventory_ struct inventory inventory = {0};
    _cleanup_free_ char *device = NULL, *saved = NULL;
    _cleanup_rom_ struct rom rom = {0};
    struct pci_device *found = NULL;
    struct option_rom parsed;
    int r = inventory_read(&inventory, error);

    if (r == 0)
        r = inventory_find_text(&inventory, request->device, &found, error);
    if (r < 0 || !found)
        return r;
    device = pci_device_text(found);
    r = device ? read_rom(request, found, device, &rom, error) : error_oom(error);
    if (r < 0)
        return r;
    option_rom_parse(rom.data, rom.size, &parsed);
    r = request->save ? save(request->save, &rom, &saved, error) : 0;
    if (r == 0) {
        const struct rom_report report = {found, device, saved, &rom, &parsed};

        r = request->json ? rom_print_json(&report) : rom_print(&report);
    }
    return r == -ENOMEM ? error_oom(error) : r;
}

int rom_main(int argc, char **argv) {
    _cleanup_error_ struct error error = {0};
    struct request request = {0};

    if (parse(argc, argv, &request) < 0)
        return EXIT_USAGE;
    if (say_root_is_needed("hostdevctl rom DEVICE"))
        return EXIT_FAILURE;
    if (run(&request, &error) < 0) {
        say_error("%s", error_text(&error));
        return error.code == EINVAL ? EXIT_USAGE : EXIT_FAILURE;
    }
    return fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
