/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "topology.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"

#define CPUS "/sys/devices/system/cpu"
#define NODES "/sys/devices/system/node"
#define CACHE_INDEX_MAX 8

/* ---- single values ------------------------------------------------------------------------- */

static bool read_list(int directory, const char *name, struct cpulist *ret) {
    char text[4096];

    return file_read_line_at(directory, name, text, sizeof text) >= 0 &&
           cpulist_parse(text, ret) >= 0;
}

static bool read_number(int directory, const char *name, unsigned *ret) {
    char text[32];

    return file_read_line_at(directory, name, text, sizeof text) >= 0 &&
           sscanf(text, "%u", ret) == 1;
}

/* The lowest CPU of a list in a file; the given one when there is no such file. */
static unsigned lowest_in(int directory, const char *name, unsigned otherwise) {
    struct cpulist list;
    unsigned lowest = read_list(directory, name, &list) ? cpulist_next(&list, 0) : CPULIST_MAX;

    return lowest < CPULIST_MAX ? lowest : otherwise;
}

/* ---- a CPU --------------------------------------------------------------------------------- */

/* The cache of the highest level, and its size: "index3", 32768K. */
static void read_cache(int directory, struct topology_cpu *cpu) {
    unsigned highest = 0;

    cpu->cache = cpu->package;
    for (unsigned i = 0; i < CACHE_INDEX_MAX; i++) {
        char path[64];
        unsigned level;

        snprintf(path, sizeof path, "cache/index%u/level", i);
        if (!read_number(directory, path, &level))
            break;
        if (level < highest)
            continue;
        highest = level;
        snprintf(path, sizeof path, "cache/index%u/shared_cpu_list", i);
        cpu->cache = lowest_in(directory, path, cpu->package);
        snprintf(path, sizeof path, "cache/index%u/size", i);
        if (!read_number(directory, path, &cpu->cache_kib))
            cpu->cache_kib = 0;
    }
}

/* The `capacity` goes to *ret_capacity, 0 where the kernel tells none. */
static void read_cpu(int cpus, unsigned number, struct topology_cpu *cpu, unsigned *ret_capacity) {
    char name[32];
    _cleanup_close_ int directory = -1;

    *cpu = (struct topology_cpu){.cpu = number, .core = number};
    *ret_capacity = 0;
    snprintf(name, sizeof name, "cpu%u", number);
    directory = openat(cpus, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return;
    cpu->core = lowest_in(directory, "topology/thread_siblings_list", number);
    cpu->package = lowest_in(directory, "topology/core_siblings_list", 0);
    read_cache(directory, cpu);
    if (!read_number(directory, "cpufreq/cpuinfo_max_freq", &cpu->max_khz))
        cpu->max_khz = 0;
    if (!read_number(directory, "cpu_capacity", ret_capacity))
        *ret_capacity = 0;
}

/* ---- what is known of several at once ------------------------------------------------------ */

static struct topology_cpu *find(const struct topology *topology, unsigned cpu) {
    size_t low = 0, high = topology->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (topology->cpus[middle].cpu < cpu)
            low = middle + 1;
        else
            high = middle;
    }
    return low < topology->count && topology->cpus[low].cpu == cpu ? &topology->cpus[low] : NULL;
}

static void read_nodes(struct topology *topology) {
    _cleanup_closedir_ DIR *nodes = opendir(NODES);

    for (struct dirent *entry = nodes ? readdir(nodes) : NULL; entry; entry = readdir(nodes)) {
        char path[sizeof entry->d_name + sizeof "/cpulist"];
        struct cpulist cpus;
        unsigned node;

        if (sscanf(entry->d_name, "node%u", &node) != 1)
            continue;
        snprintf(path, sizeof path, "%s/cpulist", entry->d_name);
        if (!read_list(dirfd(nodes), path, &cpus))
            continue;
        CPULIST_FOREACH(cpu, &cpus) {
            struct topology_cpu *there = find(topology, cpu);

            if (there)
                there->node = node;
        }
    }
}

/* Cores of one kind differ by a little, too: by what they are allowed to boost to. */
static bool is_much_less(unsigned capacity, unsigned greatest) {
    return 4 * (uint64_t)capacity < 3 * (uint64_t)greatest;
}

/* Intel's hybrid processors name their efficiency cores; others tell what each core can do. */
static void read_kinds(struct topology *topology, const unsigned *capacities) {
    struct cpulist efficient;
    unsigned greatest = 0;
    bool named = read_list(AT_FDCWD, "/sys/devices/cpu_atom/cpus", &efficient);

    for (size_t i = 0; i < topology->count; i++)
        if (capacities[i] > greatest)
            greatest = capacities[i];
    for (size_t i = 0; i < topology->count; i++) {
        bool is_efficient = named ? cpulist_has(&efficient, topology->cpus[i].cpu)
                                  : is_much_less(capacities[i], greatest);

        topology->cpus[i].kind = is_efficient ? CORE_EFFICIENCY : CORE_PERFORMANCE;
    }
}

int topology_read(struct topology *ret, struct error *error) {
    _cleanup_close_ int cpus = open(CPUS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_topology_ struct topology topology = {0};
    _cleanup_free_ unsigned *capacities = NULL;
    size_t count;

    if (cpus < 0 || !read_list(cpus, "online", &topology.online))
        return error_set(error, errno ? errno : EIO,
                         "the list of CPUs " CPUS "/online is not there");
    count = cpulist_count(&topology.online);
    topology.cpus = calloc(count, sizeof *topology.cpus);
    capacities = calloc(count, sizeof *capacities);
    if (!topology.cpus || !capacities)
        return error_oom(error);
    CPULIST_FOREACH(cpu, &topology.online) {
        read_cpu(cpus, cpu, &topology.cpus[topology.count], &capacities[topology.count]);
        topology.count++;
    }
    read_nodes(&topology);
    read_kinds(&topology, capacities);
    *ret = topology;
    topology = (struct topology){0};
    return 0;
}

int topology_online(struct cpulist *ret) {
    return read_list(AT_FDCWD, CPUS "/online", ret) ? 0 : -EIO;
}

const struct topology_cpu *topology_cpu(const struct topology *topology, unsigned cpu) {
    return find(topology, cpu);
}

void topology_core(const struct topology *topology, unsigned core, struct cpulist *ret) {
    *ret = (struct cpulist){0};
    for (size_t i = 0; i < topology->count; i++)
        if (topology->cpus[i].core == core)
            cpulist_add(ret, topology->cpus[i].cpu);
}

void topology_done(struct topology *topology) {
    free(topology->cpus);
}
