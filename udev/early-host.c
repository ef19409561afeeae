/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "pci-path.h"
#include "pci-serial.h"
#include "sysfs.h"

#define DEVICES "/sys/bus/pci/devices"
#define SLOT_FUNCTIONS 8

/* A device to be read. */
struct candidate {
    struct pci_address address;
    int vf;
};

struct candidates {
    struct candidate *items;
    size_t count, room;
};

static void candidates_done(struct candidates *candidates) {
    free(candidates->items);
}

static int add(struct candidates *candidates, struct pci_address address, int vf) {
    if (candidates->count == candidates->room) {
        size_t room = candidates->room > 0 ? 2 * candidates->room : 16;
        struct candidate *larger = reallocarray(candidates->items, room, sizeof *larger);

        if (!larger)
            return -ENOMEM;
        candidates->items = larger;
        candidates->room = room;
    }
    candidates->items[candidates->count++] = (struct candidate){address, vf};
    return 0;
}

/* Of one that was added more than once the most telling comes first. */
static int compare_candidates(const void *a, const void *b) {
    const struct candidate *left = a, *right = b;
    int order = pci_address_compare(left->address, right->address);

    return order != 0 ? order : right->vf - left->vf;
}

/* ---- which devices -------------------------------------------------------------------------- */

static bool needs_scan(const struct early_rules *rules) {
    for (size_t i = 0; i < rules->count; i++)
        if (rules->items[i].by == EARLY_BY_ID || rules->items[i].by == EARLY_BY_SERIAL)
            return true;
    return false;
}

static bool is_sought(const struct early_rules *rules, struct pci_id id) {
    for (size_t i = 0; i < rules->count; i++)
        if ((rules->items[i].by == EARLY_BY_ID || rules->items[i].by == EARLY_BY_SERIAL) &&
            pci_id_equal(rules->items[i].id, id))
            return true;
    return false;
}

/* Where in any PCI domain a device that is sought may be: a bit for each bus, slot and function. */
struct places {
    uint8_t bits[1 << 13];
    bool any;
};

/* /proc/bus/pci/devices tells the ids of all devices in one go, but not their domains. A kernel
 * without it: anywhere. */
static void find_places(const struct early_rules *rules, struct places *ret) {
    _cleanup_fclose_ FILE *devices = fopen("/proc/bus/pci/devices", "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;

    ret->any = !devices;
    memset(ret->bits, devices ? 0 : 0xff, sizeof ret->bits);
    while (devices && getline(&line, &room, devices) >= 0) {
        unsigned long place, id;
        char *end;

        place = strtoul(line, &end, 16);
        id = strtoul(end, NULL, 16);
        if (place < 8 * sizeof ret->bits &&
            is_sought(rules, (struct pci_id){(uint16_t)(id >> 16), (uint16_t)id})) {
            ret->bits[place / 8] |= (uint8_t)(1U << place % 8);
            ret->any = true;
        }
    }
}

static bool is_place(const struct places *places, struct pci_address address) {
    unsigned place = (unsigned)address.bus << 8 | (unsigned)address.slot << 3 | address.function;

    return places->bits[place / 8] & 1U << place % 8;
}

static int scan_entry(int directory, const char *name, const struct early_rules *rules,
                      const struct places *places, struct candidates *ret) {
    char path[PCI_ADDRESS_TEXT_MAX + sizeof "/modalias"], modalias[128];
    struct pci_address address;
    struct pci_id id;
    uint32_t class;

    if (pci_address_parse(name, &address) < 0 || !is_place(places, address))
        return 0;
    snprintf(path, sizeof path, "%s/modalias", PCI_ADDRESS_FORMAT(address));
    if (file_read_line_at(directory, path, modalias, sizeof modalias) < 0 ||
        pci_modalias_parse(modalias, &id, &class) < 0 || !is_sought(rules, id))
        return 0;
    return add(ret, address, -1);
}

static int scan(const struct early_rules *rules, struct candidates *ret) {
    _cleanup_closedir_ DIR *devices = NULL;
    struct places places;
    int r = 0;

    find_places(rules, &places);
    if (!places.any)
        return 0;
    devices = opendir(DEVICES);
    if (!devices)
        return errno == ENOENT ? 0 : -errno;
    for (struct dirent *entry = readdir(devices); entry && r == 0; entry = readdir(devices))
        r = scan_entry(dirfd(devices), entry->d_name, rules, &places, ret);
    return r;
}

/* Those that the rules name. */
static int find_named(const struct early_rules *rules, struct candidates *ret) {
    int r = needs_scan(rules) ? scan(rules, ret) : 0;

    for (size_t i = 0; i < rules->count && r == 0; i++) {
        const struct early_rule *rule = &rules->items[i];
        struct pci_address address = rule->address;

        if (rule->by == EARLY_BY_ADDRESS ||
            (rule->by == EARLY_BY_PATH && pci_path_find(rule->path, &address) == 0))
            r = add(ret, address, -1);
    }
    return r;
}

static int find_slot(struct pci_address address, struct candidates *ret) {
    int r = 0;

    for (uint8_t function = 0; function < SLOT_FUNCTIONS && r == 0; function++) {
        address.function = function;
        r = add(ret, address, -1);
    }
    return r;
}

static int find_group(struct pci_address address, struct candidates *ret) {
    _cleanup_close_ int device = sysfs_open_device(address);
    int fd = device < 0 ? -1
                        : openat(device, "iommu_group/devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        r = 0;
    _cleanup_closedir_ DIR *members = fd < 0 ? NULL : fdopendir(fd);

    for (struct dirent *entry = members ? readdir(members) : NULL; entry && r == 0;
         entry = readdir(members)) {
        struct pci_address member;

        if (pci_address_parse(entry->d_name, &member) == 0)
            r = add(ret, member, -1);
    }
    return r;
}

static int find_vfs(const struct early_rule *rule, struct pci_address physfn,
                    struct candidates *ret) {
    _cleanup_close_ int device = sysfs_open_device(physfn);
    int r = 0;

    for (unsigned vf = rule->first_vf; device >= 0 && vf <= rule->last_vf && r == 0; vf++) {
        char link[32], name[PCI_ADDRESS_TEXT_MAX];
        struct pci_address address;

        snprintf(link, sizeof link, "virtfn%u", vf);
        /* There are as many as were made, from 0 on. */
        if (file_link_name_at(device, link, name, sizeof name) < 0)
            break;
        if (pci_address_parse(name, &address) == 0)
            r = add(ret, address, (int)vf);
    }
    return r;
}

/* Those that go along with what the rules name. */
static int find_companions(const struct early_rules *rules, const struct early_host *host,
                           struct candidates *ret) {
    int r = 0;

    for (size_t i = 0; i < rules->count; i++)
        for (size_t j = 0; j < host->count && r == 0; j++) {
            const struct early_rule *rule = &rules->items[i];
            struct pci_address address = host->devices[j].address;

            if (!early_host_matches(rule, &host->devices[j]))
                continue;
            if (rule->has_vfs)
                r = find_vfs(rule, address, ret);
            else if (rule->with == EARLY_WITH_SLOT)
                r = find_slot(address, ret);
            else if (rule->with == EARLY_WITH_GROUP)
                r = find_group(address, ret);
        }
    return r;
}

/* ---- what they are -------------------------------------------------------------------------- */

static char *read_path(struct pci_address address) {
    char link[sizeof DEVICES + PCI_ADDRESS_TEXT_MAX], target[4096];
    ssize_t length;

    snprintf(link, sizeof link, DEVICES "/%s", PCI_ADDRESS_FORMAT(address));
    length = readlink(link, target, sizeof target - 1);
    if (length < 0)
        return NULL;
    target[length] = '\0';
    return pci_path_from_link(target);
}

static int read_group(int directory) {
    char name[16];
    int group;

    return file_link_name_at(directory, "iommu_group", name, sizeof name) == 0 &&
                   sscanf(name, "%d", &group) == 1
               ? group
               : EARLY_GROUP_NONE;
}

static bool read_physfn(int directory, struct pci_address *ret) {
    char name[PCI_ADDRESS_TEXT_MAX];

    return file_link_name_at(directory, "physfn", name, sizeof name) == 0 &&
           pci_address_parse(name, ret) == 0;
}

/* -ENOENT when there is no such device. */
static int read_device(const struct candidate *candidate, const struct host_needs *needs,
                       struct early_device *ret) {
    _cleanup_close_ int directory = sysfs_open_device(candidate->address);
    char modalias[128];
    int r = directory;

    *ret = (struct early_device){.address = candidate->address, .vf = candidate->vf};
    if (r >= 0)
        r = (int)file_read_line_at(directory, "modalias", modalias, sizeof modalias);
    if (r >= 0)
        r = pci_modalias_parse(modalias, &ret->id, &ret->class);
    if (r < 0)
        return r;
    ret->path = read_path(candidate->address);
    ret->serial = pci_serial_read(directory);
    ret->group = read_group(directory);
    ret->boot_display = sysfs_is_boot_display(directory);
    ret->is_vf = read_physfn(directory, &ret->physfn);
    ret->needed = host_needs_what(needs, ret->address, ret->path, ret->serial);
    return 0;
}

static int compare_devices(const void *a, const void *b) {
    const struct early_device *left = a, *right = b;

    return pci_address_compare(left->address, right->address);
}

/* The device, if it was read before. */
static struct early_device *find_known(struct early_host *host, size_t known,
                                       struct pci_address address) {
    size_t i = pci_address_position(host->devices, known, sizeof *host->devices, address);

    return i < known && pci_address_equal(host->devices[i].address, address) ? &host->devices[i]
                                                                             : NULL;
}

/* Reads the candidates that are not there yet. */
static int read_devices(struct candidates *candidates, const struct host_needs *needs,
                        struct early_host *host) {
    struct early_device *larger =
        reallocarray(host->devices, host->count + candidates->count + 1, sizeof *larger);
    size_t known = host->count;

    if (!larger)
        return -ENOMEM;
    host->devices = larger;
    if (candidates->count > 0)
        qsort(candidates->items, candidates->count, sizeof *candidates->items, compare_candidates);
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        struct early_device *there = find_known(host, known, candidate->address);

        if (i > 0 && pci_address_equal(candidate->address, candidate[-1].address))
            continue;
        if (there)
            there->vf = candidate->vf > there->vf ? candidate->vf : there->vf;
        else if (read_device(candidate, needs, &host->devices[host->count]) >= 0)
            host->count++;
    }
    qsort(host->devices, host->count, sizeof *host->devices, compare_devices);
    return 0;
}

int early_host_read(const struct early_rules *rules, const struct host_needs *needs,
                    struct early_host *ret, struct error *error) {
    _cleanup_(candidates_done) struct candidates named = {0}, companions = {0};
    int r = find_named(rules, &named);

    if (r >= 0)
        r = read_devices(&named, needs, ret);
    if (r >= 0)
        r = find_companions(rules, ret, &companions);
    if (r >= 0)
        r = read_devices(&companions, needs, ret);
    if (r == -ENOMEM)
        return error_oom(error);
    return r < 0 ? error_set(error, -r, DEVICES " cannot be read: %s", strerror(-r)) : 0;
}

/* ---- questions ------------------------------------------------------------------------------ */

const struct early_device *early_host_device(const struct early_host *host,
                                             struct pci_address address) {
    size_t i = pci_address_position(host->devices, host->count, sizeof *host->devices, address);

    return i < host->count && pci_address_equal(host->devices[i].address, address)
               ? &host->devices[i]
               : NULL;
}

bool early_host_matches(const struct early_rule *rule, const struct early_device *device) {
    if (rule->has_id && !pci_id_equal(rule->id, device->id))
        return false;
    switch (rule->by) {
    case EARLY_BY_ADDRESS:
        return pci_address_equal(rule->address, device->address);
    case EARLY_BY_ID:
        /* Virtual functions are reserved by what made them. */
        return !early_rule_is_about_vfs(rule) || !device->is_vf;
    case EARLY_BY_SERIAL:
        /* They show the number of their physical function. */
        return rule->serial == device->serial && !device->is_vf;
    case EARLY_BY_PATH:
        return device->path && strcmp(rule->path, device->path) == 0 && !device->is_vf;
    }
    return false;
}

bool early_host_is_companion(const struct early_rule *rule, const struct early_device *device,
                             const struct early_device *other) {
    struct pci_address function = other->address;

    switch (rule->with) {
    case EARLY_WITH_NOTHING:
        return false;
    case EARLY_WITH_SLOT:
        function.function = device->address.function;
        return pci_address_equal(function, device->address) && !other->is_vf;
    case EARLY_WITH_GROUP:
        return device->group != EARLY_GROUP_NONE && device->group == other->group;
    }
    return false;
}

void early_host_done(struct early_host *host) {
    for (size_t i = 0; i < host->count; i++)
        free(host->devices[i].path);
    free(host->devices);
    *host = (struct early_host){0};
}
