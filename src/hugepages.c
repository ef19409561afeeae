/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hugepages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"

#define NODES "/sys/devices/system/node"
#define POOLS "/sys/kernel/mm/hugepages"

void hugepages_nodes(struct cpulist *ret) {
    char text[4096];

    if (file_read_line_at(AT_FDCWD, NODES "/has_memory", text, sizeof text) >= 0 &&
        cpulist_parse(text, ret) >= 0 && !cpulist_empty(ret))
        return;
    if (file_read_line_at(AT_FDCWD, NODES "/online", text, sizeof text) >= 0 &&
        cpulist_parse(text, ret) >= 0 && !cpulist_empty(ret))
        return;
    *ret = (struct cpulist){0};
    cpulist_add(ret, 0);
}

uint64_t hugepages_default_kib(void) {
    _cleanup_fclose_ FILE *meminfo = fopen("/proc/meminfo", "re");
    char line[128];
    unsigned long long kib;

    while (meminfo && fgets(line, sizeof line, meminfo))
        if (sscanf(line, "Hugepagesize: %llu kB", &kib) == 1)
            return kib;
    return 0;
}

/* The directory of a pool: the node's, or the host's only one where the kernel knows no nodes. */
static int open_pool(unsigned node, uint64_t kib) {
    char path[128];
    int fd;

    snprintf(path, sizeof path, NODES "/node%u/hugepages/hugepages-%llukB", node,
             (unsigned long long)kib);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT)
        return fd < 0 ? -errno : fd;
    if (access(NODES, F_OK) == 0 || errno != ENOENT)
        return -errno;
    snprintf(path, sizeof path, POOLS "/hugepages-%llukB", (unsigned long long)kib);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int read_count(int pool, const char *name, uint64_t *ret) {
    char text[32];
    unsigned long long count;
    ssize_t length = file_read_line_at(pool, name, text, sizeof text);

    if (length < 0)
        return (int)length;
    if (sscanf(text, "%llu", &count) != 1)
        return -EINVAL;
    *ret = count;
    return 0;
}

int hugepages_read(unsigned node, uint64_t kib, struct hugepages *ret) {
    _cleanup_close_ int pool = open_pool(node, kib);
    uint64_t all = 0, surplus = 0;
    int r = pool;

    if (r >= 0)
        r = read_count(pool, "nr_hugepages", &all);
    if (r >= 0)
        r = read_count(pool, "surplus_hugepages", &surplus);
    if (r >= 0)
        r = read_count(pool, "free_hugepages", &ret->free);
    if (r < 0)
        return r;
    ret->persistent = all > surplus ? all - surplus : 0;
    return 0;
}

uint64_t hugepages_node_kib(unsigned node) {
    _cleanup_fclose_ FILE *meminfo = NULL;
    char path[64], line[128];
    unsigned long long kib;

    snprintf(path, sizeof path, NODES "/node%u/meminfo", node);
    meminfo = fopen(path, "re");
    while (meminfo && fgets(line, sizeof line, meminfo))
        if (sscanf(line, "Node %*u MemTotal: %llu kB", &kib) == 1)
            return kib;
    return 0;
}

uint64_t hugepages_reserved(uint64_t kib) {
    char path[128];
    uint64_t count = 0;
    _cleanup_close_ int pool = -1;

    snprintf(path, sizeof path, POOLS "/hugepages-%llukB", (unsigned long long)kib);
    pool = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return pool >= 0 && read_count(pool, "resv_hugepages", &count) == 0 ? count : 0;
}

int hugepages_write(unsigned node, uint64_t kib, uint64_t persistent) {
    _cleanup_close_ int pool = open_pool(node, kib);
    char text[32];

    if (pool < 0)
        return pool;
    snprintf(text, sizeof text, "%llu", (unsigned long long)persistent);
    return file_write_at(pool, "nr_hugepages", text);
}

void hugepages_make_room(void) {
    /* Neither is more than an attempt. */
    if (file_write_at(AT_FDCWD, "/proc/sys/vm/drop_caches", "1") < 0 ||
        file_write_at(AT_FDCWD, "/proc/sys/vm/compact_memory", "1") < 0)
        return;
}
