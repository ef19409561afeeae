/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-devices.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "file.h"
#include "pci-names.h"
#include "sysfs.h"
#include "text.h"

#define DEVICES "/sys/bus/pci/devices"
#define MODALIAS_MAX 128

#define CLASS_DISPLAY 0x03
#define CLASS_BRIDGE 0x06

/* ---- what a device is ------------------------------------------------------------------------ */

static bool parse_modalias(const char *modalias, struct pci_device *device) {
    unsigned vendor = 0, product = 0;

    if (pci_modalias_parse(modalias, &device->id, &device->class) < 0 ||
        sscanf(modalias, "pci:v%*8Xd%*8Xsv%8Xsd%8X", &vendor, &product) != 2)
        return false;
    device->subsystem = (struct pci_id){(uint16_t)vendor, (uint16_t)product};
    return true;
}

static char *printable(char *name) {
    for (char *c = name; c && *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return name;
}

/* Devices that are alike have one name: the database is asked once. */
static char *find_name(const struct inventory *known, const struct pci_device *device,
                       const char *modalias) {
    for (size_t i = known->count; i > 0; i--) {
        const struct pci_device *other = &known->items[i - 1];

        if (pci_id_equal(other->id, device->id) &&
            pci_id_equal(other->subsystem, device->subsystem) && other->class == device->class)
            return other->name ? strdup(other->name) : NULL;
    }
    return printable(pci_name(modalias));
}

static int read_number(int directory, const char *name, int absent) {
    char text[16];
    int number;

    return file_read_line_at(directory, name, text, sizeof text) > 0 &&
                   sscanf(text, "%d", &number) == 1
               ? number
               : absent;
}

static int read_group(int directory) {
    char name[16];
    int group;

    return file_link_name_at(directory, "iommu_group", name, sizeof name) == 0 &&
                   sscanf(name, "%d", &group) == 1
               ? group
               : PCI_GROUP_NONE;
}

/* Bridges of another class than theirs are known by the bus behind them. */
static bool is_bridge(int directory, uint32_t class) {
    return class >> 16 == CLASS_BRIDGE ||
           faccessat(directory, "secondary_bus_number", F_OK, 0) == 0;
}

/* Since Linux 5.15 the kernel tells the ways; before, only that there is one. */
static void read_resets(int directory, struct pci_device *device) {
    device->resets_known =
        file_read_line_at(directory, "reset_method", device->resets, sizeof device->resets) >= 0;
    if (!device->resets_known) {
        *device->resets = '\0';
        device->resets_known = faccessat(directory, "reset", F_OK, 0) < 0 && errno == ENOENT;
    }
}

static void read_physfn(int directory, struct pci_device *device) {
    char name[PCI_ADDRESS_TEXT_MAX];

    device->vf = -1;
    device->is_vf = file_link_name_at(directory, "physfn", name, sizeof name) == 0 &&
                    pci_address_parse(name, &device->physfn) == 0;
}

/* Where the device sits: the directory below /sys/devices leads over all bridges above it. */
static void read_place(int devices, const char *name, struct pci_device *device) {
    char target[PATH_MAX], *rest = target, *component;
    ssize_t length = readlinkat(devices, name, target, sizeof target - 1);
    bool is_first = true;

    device->root_port = device->address;
    target[length > 0 ? length : 0] = '\0';
    while ((component = strsep(&rest, "/"))) {
        struct pci_address address;

        /* A root bus, of which a device such as Intel's VMD can have one behind it. */
        if (strncmp(component, "pci", 3) == 0)
            is_first = true;
        if (pci_address_parse(component, &address) < 0)
            continue;
        if (is_first)
            device->root_port = address;
        is_first = false;
        if (!pci_address_equal(address, device->address)) {
            device->has_parent = true;
            device->parent = address;
        }
    }
}

/* 1, or 0 when it is none, or has gone meanwhile; -ENOMEM. */
static int read_device(int devices, const char *name, const struct inventory *known,
                       struct pci_device *ret) {
    _cleanup_close_ int directory = -1;
    char modalias[MODALIAS_MAX];

    if (pci_address_parse(name, &ret->address) < 0)
        return 0;
    directory = openat(devices, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || file_read_line_at(directory, "modalias", modalias, sizeof modalias) < 0 ||
        !parse_modalias(modalias, ret) || sysfs_read_driver(directory, ret->driver) < 0)
        return 0;
    ret->group = read_group(directory);
    ret->node = read_number(directory, "numa_node", PCI_NODE_NONE);
    ret->bridge = is_bridge(directory, ret->class);
    ret->boot_display = ret->class >> 16 == CLASS_DISPLAY && sysfs_is_boot_display(directory);
    ret->vfs_possible = (unsigned)read_number(directory, "sriov_totalvfs", 0);
    read_resets(directory, ret);
    read_physfn(directory, ret);
    read_place(devices, name, ret);
    ret->name = find_name(known, ret, modalias);
    return 1;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int make_room(struct inventory *inventory) {
    size_t room = inventory->count > 0 ? 2 * inventory->count : 16;
    struct pci_device *larger;

    if (inventory->count > 0 &&
        (inventory->count < 16 || (inventory->count & (inventory->count - 1)) != 0))
        return 0;
    larger = reallocarray(inventory->items, room, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    inventory->items = larger;
    return 0;
}

static int read_all(int devices, DIR *entries, struct inventory *ret) {
    int r = 0;

    for (struct dirent *entry = file_next_entry(entries, &r); entry && r >= 0;
         entry = file_next_entry(entries, &r)) {
        struct pci_device device = {0};

        r = make_room(ret);
        if (r == 0)
            r = read_device(devices, entry->d_name, ret, &device);
        if (r > 0)
            ret->items[ret->count++] = device;
    }
    return r < 0 ? r : 0;
}

static int compare(const void *a, const void *b) {
    const struct pci_device *left = a, *right = b;

    return pci_address_compare(left->address, right->address);
}

/* The links are asked, for `sriov_numvfs` waits for the device's driver. */
static void count_vfs(const struct inventory *inventory, struct pci_device *physfn) {
    _cleanup_close_ int directory = sysfs_open_device(physfn->address);

    for (;; physfn->vfs++) {
        char link[32], name[PCI_ADDRESS_TEXT_MAX];
        struct pci_address address;
        struct pci_device *vf = NULL;

        snprintf(link, sizeof link, "virtfn%u", physfn->vfs);
        if (directory < 0 || file_link_name_at(directory, link, name, sizeof name) < 0)
            return;
        if (pci_address_parse(name, &address) == 0)
            vf = inventory_find(inventory, address);
        if (vf)
            vf->vf = (int)physfn->vfs;
    }
}

int inventory_read(struct inventory *ret, struct error *error) {
    _cleanup_closedir_ DIR *entries = opendir(DEVICES);
    int r;

    if (!entries && errno == ENOENT)
        return 0;
    if (!entries)
        return error_set(error, errno, DEVICES " cannot be read: %s", strerror(errno));
    r = read_all(dirfd(entries), entries, ret);
    if (r < 0)
        return error_set(error, -r, DEVICES " cannot be read: %s", strerror(-r));
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof *ret->items, compare);
    for (size_t i = 0; i < ret->count; i++) {
        ret->has_iommu = ret->has_iommu || ret->items[i].group != PCI_GROUP_NONE;
        if (ret->items[i].vfs_possible > 0)
            count_vfs(ret, &ret->items[i]);
    }
    return 0;
}

struct pci_device *inventory_find(const struct inventory *inventory, struct pci_address address) {
    size_t i =
        pci_address_position(inventory->items, inventory->count, sizeof *inventory->items, address);

    return i < inventory->count && pci_address_equal(inventory->items[i].address, address)
               ? &inventory->items[i]
               : NULL;
}

int inventory_find_text(const struct inventory *inventory, const char *text,
                        struct pci_device **ret, struct error *error) {
    _cleanup_free_ char *shown = text_printable(text);
    struct pci_address address;

    if (!shown)
        return error_oom(error);
    if (pci_address_parse(text, &address) < 0)
        return error_set(error, EINVAL,
                         "'%s' is no PCI address: expected something like 0000:05:00.0, as "
                         "lspci -D prints it",
                         shown);
    *ret = inventory_find(inventory, address);
    return *ret ? 0
                : error_set(error, ENOENT,
                            "there is no device at %s: hostdevctl list tells what there is",
                            PCI_ADDRESS_FORMAT(address));
}

void inventory_done(struct inventory *inventory) {
    for (size_t i = 0; i < inventory->count; i++) {
        free(inventory->items[i].name);
        free(inventory->items[i].holder);
    }
    free(inventory->items);
    *inventory = (struct inventory){0};
}

/* ---- for people ------------------------------------------------------------------------------ */

char *pci_device_name(const struct pci_device *device) {
    return device->name ? strdup(device->name)
                        : text_format("%04x:%04x", device->id.vendor, device->id.device);
}

char *pci_device_text(const struct pci_device *device) {
    _cleanup_free_ char *name = pci_device_name(device);

    return name ? text_format("%s (%s)", PCI_ADDRESS_FORMAT(device->address), name) : NULL;
}

const char *pci_device_kind(const struct pci_device *device) {
    /* Appendix D of the PCI Local Bus Specification, and the PCI Code and ID Assignment
     * Specification; the first one that fits counts. */
    static const struct {
        uint32_t class, mask;
        const char *kind;
    } kinds[] = {
        {0x030000, 0xff0000, "gpu"},    {0x010800, 0xffff00, "nvme"},
        {0x010000, 0xff0000, "disk"},   {0x020000, 0xff0000, "net"},
        {0x0d0000, 0xff0000, "net"},    {0x0c0300, 0xffff00, "usb"},
        {0x040100, 0xffff00, "audio"},  {0x040300, 0xffff00, "audio"},
        {0x060000, 0xff0000, "bridge"}, {0x120000, 0xff0000, "accelerator"},
    };

    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if ((device->class & kinds[i].mask) == kinds[i].class)
            return kinds[i].kind;
    return device->bridge ? "bridge" : "other";
}
