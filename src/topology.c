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

/* ---- what CPUs share ----------------------------------------------------------------------- */

/* Not read yet. */
#define UNKNOWN CPULIST_MAX

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

/* The CPUs of a list in a file; the one alone when there is no such file. */
static struct cpulist sharers(int directory, const char *name, unsigned cpu) {
    struct cpulist list = {0};

    if (!read_list(directory, name, &list) || cpulist_empty(&list))
        cpulist_add(&list, cpu);
    return list;
}

/* What one CPU tells of its core, its package and its last cache holds for all of them: each is
 * read once. */
static void read_core(struct topology *topology, int directory, unsigned number) {
    struct cpulist list = sharers(directory, "topology/thread_siblings_list", number);

    CPULIST_FOREACH(cpu, &list) {
        struct topology_cpu *there = find(topology, cpu);

        if (there)
            there->core = cpulist_next(&list, 0);
    }
}

static void read_package(struct topology *topology, int directory, unsigned number) {
    struct cpulist list = sharers(directory, "topology/core_siblings_list", number);

    CPULIST_FOREACH(cpu, &list) {
        struct topology_cpu *there = find(topology, cpu);

        if (there)
            there->package = cpulist_next(&list, 0);
    }
}

/* The index of the cache of the highest level; -1 when none is told. */
static int last_cache(int directory) {
    unsigned highest = 0, level;
    int last = -1;

    for (int i = 0; i < CACHE_INDEX_MAX; i++) {
        char path[64];

        snprintf(path, sizeof path, "cache/index%d/level", i);
        if (!read_number(directory, path, &level))
            break;
        if (level >= highest)
            last = i;
        highest = level >= highest ? level : highest;
    }
    return last;
}

static void read_cache(struct topology *topology, int directory, struct topology_cpu *cpu) {
    int last = last_cache(directory);
    struct cpulist list = {0};
    unsigned kib = 0;
    char path[64];

    snprintf(path, sizeof path, "cache/index%d/size", last);
    if (last < 0 || !read_number(directory, path, &kib))
        kib = 0;
    snprintf(path, sizeof path, "cache/index%d/shared_cpu_list", last);
    if (last < 0 || !read_list(directory, path, &list) || cpulist_empty(&list))
        cpulist_add(&list, cpu->package);
    cpulist_add(&list, cpu->cpu);
    CPULIST_FOREACH(other, &list) {
        struct topology_cpu *there = find(topology, other);

        if (there && there->cache == UNKNOWN) {
            there->cache = cpulist_next(&list, 0);
            there->cache_kib = kib;
        }
    }
}

/* The `capacity` goes to *ret_capacity, 0 where the kernel tells none. */
static void read_cpu(struct topology *topology, int cpus, struct topology_cpu *cpu,
                     unsigned *ret_capacity) {
    char name[32];
    _cleanup_close_ int directory = -1;

    snprintf(name, sizeof name, "cpu%u", cpu->cpu);
    directory = openat(cpus, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cpu->core == UNKNOWN)
        read_core(topology, directory, cpu->cpu);
    if (cpu->package == UNKNOWN)
        read_package(topology, directory, cpu->cpu);
    if (cpu->cache == UNKNOWN)
        read_cache(topology, directory, cpu);
    if (!read_number(directory, "cpufreq/cpuinfo_max_freq", &cpu->max_khz))
        cpu->max_khz = 0;
    if (!read_number(directory, "cpu_capacity", ret_capacity))
        *ret_capacity = 0;
}

/* ---- nodes and kinds ----------------------------------------------------------------------- */

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
        topology.cpus[topology.count++] = (struct topology_cpu){
            .cpu = cpu, .core = UNKNOWN, .cache = UNKNOWN, .package = UNKNOWN};
    }
    for (size_t i = 0; i < topology.count; i++)
        read_cpu(&topology, cpus, &topology.cpus[i], &capacities[i]);
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
