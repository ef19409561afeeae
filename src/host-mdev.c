/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-mdev.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "reader.h"
#include "text.h"
#include "vfio.h"

#define MDEV_PARENTS "/sys/class/mdev_bus"
#define MDEV_DEVICES "/sys/bus/mdev/devices"
#define I915_ENABLE_GVT "/sys/module/i915/parameters/enable_gvt"
#define KVMGT "/sys/module/kvmgt"

/* ---- what there is ------------------------------------------------------------------------- */

static int read_numa_node(int parent) {
    char text[16];
    int node;

    if (file_read_line_at(parent, "numa_node", text, sizeof text) < 0 ||
        sscanf(text, "%d", &node) != 1)
        return -1;
    return node;
}

static int add_type(struct host_mdevs *mdevs, const char *parent, const char *name, int numa_node) {
    struct host_mdev_type *larger = reallocarray(mdevs->types, mdevs->n_types + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    mdevs->types = larger;
    larger += mdevs->n_types++;
    *larger = (struct host_mdev_type){.numa_node = numa_node, .available = -EAGAIN};
    strcpy(larger->parent, parent);
    strcpy(larger->name, name);
    return 0;
}

static int list_types(int parents, const char *parent, struct host_mdevs *mdevs) {
    _cleanup_close_ int directory = openat(parents, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_closedir_ DIR *types = NULL;
    int fd = directory < 0
                 ? -1
                 : openat(directory, "mdev_supported_types", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = 0;

    types = fd < 0 ? NULL : fdopendir(fd);
    if (!types) {
        close_descriptor(&fd);
        return 0;
    }
    for (struct dirent *entry = readdir(types); entry && r >= 0; entry = readdir(types))
        if (mdev_name_valid(entry->d_name))
            r = add_type(mdevs, parent, entry->d_name, read_numa_node(directory));
    return r;
}

static int compare_types(const void *a, const void *b) {
    const struct host_mdev_type *left = a, *right = b;
    int order = strcmp(left->parent, right->parent);

    return order ? order : strverscmp(left->name, right->name);
}

static int list_parents(struct host_mdevs *mdevs) {
    _cleanup_closedir_ DIR *parents = opendir(MDEV_PARENTS);
    int r = 0;

    for (struct dirent *entry = parents ? readdir(parents) : NULL; entry && r >= 0;
         entry = readdir(parents))
        if (mdev_name_valid(entry->d_name))
            r = list_types(dirfd(parents), entry->d_name, mdevs);
    if (mdevs->n_types > 0)
        qsort(mdevs->types, mdevs->n_types, sizeof *mdevs->types, compare_types);
    return r;
}

static int compare_devices(const void *a, const void *b) {
    const struct host_mdev *left = a, *right = b;

    return strcmp(left->mdev.uuid, right->mdev.uuid);
}

static int list_devices(struct host_mdevs *mdevs) {
    _cleanup_closedir_ DIR *devices = opendir(MDEV_DEVICES);

    for (struct dirent *entry = devices ? readdir(devices) : NULL; entry;
         entry = readdir(devices)) {
        struct host_mdev device = {0}, *larger;

        if (entry->d_name[0] == '.' || mdev_read(entry->d_name, &device.mdev) < 0)
            continue;
        larger = reallocarray(mdevs->devices, mdevs->n_devices + 1, sizeof *larger);
        if (!larger)
            return -ENOMEM;
        mdevs->devices = larger;
        larger[mdevs->n_devices++] = device;
    }
    if (mdevs->n_devices > 0)
        qsort(mdevs->devices, mdevs->n_devices, sizeof *mdevs->devices, compare_devices);
    return 0;
}

static enum host_gvt read_gvt(void) {
    char text[8];

    if (file_read_line_at(AT_FDCWD, I915_ENABLE_GVT, text, sizeof text) < 0)
        return GVT_UNKNOWN;
    return *text == 'Y' || *text == '1' ? GVT_ON : GVT_OFF;
}

/* ---- what may block ------------------------------------------------------------------------ */

/* The text of a file in one line: several become one with commas between. */
static void read_text(int directory, const char *name, char *ret, size_t size) {
    _cleanup_free_ char *text = NULL;
    size_t length, end = 0;
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

    *ret = '\0';
    if (fd < 0 || file_read_all(fd, 65536, &text, &length) < 0)
        return;
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    for (const char *c = text; *c && end + 3 < size; c++) {
        if (*c == '\n')
            ret[end++] = ',';
        ret[end++] = (char)(*c == '\n' || iscntrl((unsigned char)*c) ? ' ' : *c);
    }
    ret[end] = '\0';
}

static void read_type(void *item, _unused_ size_t i) {
    struct host_mdev_type *type = item;
    _cleanup_close_ int directory = mdev_open_type(type->parent, type->name);
    char text[32];
    ssize_t length = directory;

    if (length >= 0)
        length = file_read_line_at(directory, "available_instances", text, sizeof text);
    if (length < 0)
        type->available = (int)length;
    else if (sscanf(text, "%d", &type->available) != 1 || type->available < 0)
        type->available = -EINVAL;
    if (directory < 0)
        return;
    read_text(directory, "name", type->label, sizeof type->label);
    read_text(directory, "description", type->description, sizeof type->description);
}

static bool is_wanted(const char *name, const char *const *types, size_t n_types) {
    for (size_t i = 0; types && i < n_types; i++)
        if (strcmp(types[i], name) == 0)
            return true;
    return !types;
}

/* Moves what is wanted to the front, and tells how much that is. */
static size_t wanted_first(struct host_mdevs *mdevs, const char *const *types, size_t n_types) {
    size_t count = 0;

    for (size_t i = 0; i < mdevs->n_types; i++)
        if (is_wanted(mdevs->types[i].name, types, n_types)) {
            struct host_mdev_type wanted = mdevs->types[i];

            mdevs->types[i] = mdevs->types[count];
            mdevs->types[count++] = wanted;
        }
    return count;
}

static int read_types(struct host_mdevs *mdevs, const char *const *types, size_t n_types,
                      uint64_t deadline, struct error *error) {
    struct reader reader = {
        .read = read_type,
        .items = mdevs->types,
        .count = wanted_first(mdevs, types, n_types),
        .size = sizeof *mdevs->types,
    };
    size_t stuck;
    int r = reader_run(&reader, deadline, &stuck, error);

    if (r == READER_STUCK)
        return error_set(error, ETIME,
                         "%s does not tell how many %s are free: its driver is stuck in the "
                         "kernel. See the kernel log; only a reboot may free it",
                         mdevs->types[stuck].parent, mdevs->types[stuck].name);
    if (mdevs->n_types > 0)
        qsort(mdevs->types, mdevs->n_types, sizeof *mdevs->types, compare_types);
    return r;
}

static void read_held(void *item, _unused_ size_t i) {
    struct host_mdev *device = item;

    device->held = device->mdev.group >= 0 && vfio_group_is_held(device->mdev.group);
}

static int read_holds(const struct domain *domain, struct host_mdevs *mdevs, uint64_t deadline,
                      struct error *error) {
    for (size_t i = 0; i < domain->n_mdevs; i++) {
        struct host_mdev *device = host_mdev(mdevs, domain->mdevs[i].uuid);
        const struct reader reader = {read_held, device, 1, sizeof *device};
        size_t stuck;
        int r = device ? reader_run(&reader, deadline, &stuck, error) : 0;

        if (r == READER_STUCK)
            return error_set(error, ETIME,
                             "mediated device %s does not answer: the driver of %s is stuck in the "
                             "kernel. See the kernel log; only a reboot may free it",
                             device->mdev.uuid, device->mdev.parent);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- the whole ----------------------------------------------------------------------------- */

int host_mdevs_read(const struct domain *domain, const char *const *types, size_t n_types,
                    uint64_t deadline, struct host_mdevs *ret, struct error *error) {
    struct cpulist nodes = ret->nodes;

    host_mdevs_done(ret);
    *ret =
        (struct host_mdevs){.nodes = nodes, .gvt = read_gvt(), .kvmgt = access(KVMGT, F_OK) == 0};
    if (list_parents(ret) < 0 || list_devices(ret) < 0)
        return error_oom(error);
    if (read_types(ret, types, n_types, deadline, error) < 0)
        return -error->code;
    return read_holds(domain, ret, deadline, error);
}

struct host_mdev *host_mdev(const struct host_mdevs *mdevs, const char *uuid) {
    for (size_t i = 0; i < mdevs->n_devices; i++)
        if (strcmp(mdevs->devices[i].mdev.uuid, uuid) == 0)
            return &mdevs->devices[i];
    return NULL;
}

bool host_mdev_is_parent(const struct host_mdevs *mdevs, const char *parent) {
    for (size_t i = 0; i < mdevs->n_types; i++)
        if (strcmp(mdevs->types[i].parent, parent) == 0)
            return true;
    return false;
}

void host_mdevs_done(struct host_mdevs *mdevs) {
    free(mdevs->types);
    free(mdevs->devices);
}
