/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu-choose.h"

#include <errno.h>

/* A core, as a place for vCPUs. */
struct place {
    const struct topology_cpu *first; /* the lowest of its CPUs */
    struct cpulist cpus;
    unsigned room; /* for how many vCPUs */
    bool held;
    bool near;
    uint64_t rank; /* by the VM's preference: the higher, the better */
};

struct search {
    const struct topology *topology;
    const struct cpu_wish *wish;
    struct place *places; /* ordered by core */
    size_t count;
};

/* ---- the places ---------------------------------------------------------------------------- */

/* Whole guest cores where they fit: a core with 4 threads takes two guest cores of 2. */
static unsigned room_of(const struct cpulist *cpus, const struct cpu_wish *wish) {
    unsigned threads = cpulist_count(cpus);

    return wish->threads < threads ? threads / wish->threads * wish->threads : threads;
}

/* The highest clock among those who share the cache: single cores of it differ by a little. */
static unsigned clock_of_cache(const struct topology *topology, unsigned cache) {
    unsigned highest = 0;

    for (size_t i = 0; i < topology->count; i++)
        if (topology->cpus[i].cache == cache && topology->cpus[i].max_khz > highest)
            highest = topology->cpus[i].max_khz;
    return highest;
}

static uint64_t rank_of(const struct search *search, const struct topology_cpu *cpu) {
    switch (search->wish->preference) {
    case PREFER_CACHE:
        return cpu->cache_kib;
    case PREFER_FREQUENCY:
        /* Of the same clock, the ones without the big cache that holds it down. */
        return ((uint64_t)clock_of_cache(search->topology, cpu->cache) << 32) +
               (UINT32_MAX - cpu->cache_kib);
    case PREFER_NONE:
        break;
    }
    return 0;
}

static int find_places(struct search *search) {
    const struct topology *topology = search->topology;
    const struct cpu_wish *wish = search->wish;

    search->places = calloc(topology->count + 1, sizeof *search->places);
    if (!search->places)
        return -ENOMEM;
    for (size_t i = 0; i < topology->count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        struct place *place = &search->places[search->count];

        if (cpu->core != cpu->cpu && topology_cpu(topology, cpu->core))
            continue;
        *place = (struct place){.first = cpu};
        topology_core(topology, cpu->core, &place->cpus);
        if (cpulist_intersects(&place->cpus, &wish->unavailable))
            continue;
        place->room = room_of(&place->cpus, wish);
        place->held = cpulist_intersects(&place->cpus, &wish->held);
        place->near = cpulist_empty(&wish->nodes) || cpulist_has(&wish->nodes, cpu->node);
        place->rank = rank_of(search, cpu);
        search->count++;
    }
    return 0;
}

/* ---- the search ---------------------------------------------------------------------------- */

/* What the cores are looked for in, the smallest first. */
enum level { LEVEL_CACHE, LEVEL_NODE, LEVEL_PACKAGE, LEVEL_HOST, LEVELS };

/* What a round of the search is content with. */
struct round {
    bool held;      /* with cores that other VMs are pinned to */
    bool far;       /* with other NUMA nodes */
    bool any_kind;  /* with the other kind of core */
    bool any_rank;  /* with what the VM does not prefer */
    bool with_zero; /* with core 0 */
    enum level level;
};

static unsigned group_of(const struct place *place, enum level level) {
    switch (level) {
    case LEVEL_CACHE:
        return place->first->cache;
    case LEVEL_NODE:
        return place->first->node;
    case LEVEL_PACKAGE:
        return place->first->package;
    default:
        return 0;
    }
}

/* The best rank among the cores that a round may take. */
static uint64_t best_rank(const struct search *search, const struct round *round) {
    uint64_t best = 0;

    for (size_t i = 0; i < search->count; i++) {
        const struct place *place = &search->places[i];

        if ((round->any_kind || place->first->kind == search->wish->kind) && place->rank > best)
            best = place->rank;
    }
    return best;
}

static bool fits(const struct search *search, const struct place *place, const struct round *round,
                 uint64_t rank) {
    return (round->held || !place->held) && (round->far || place->near) &&
           (round->any_kind || place->first->kind == search->wish->kind) &&
           (round->any_rank || place->rank == rank) &&
           (round->with_zero || !cpulist_has(&place->cpus, 0));
}

/* A group of cores that is large enough. */
struct group {
    unsigned number;
    unsigned room;
    bool has_zero;
};

static struct group measure(const struct search *search, const struct round *round, uint64_t rank,
                            unsigned number) {
    struct group group = {.number = number};

    for (size_t i = 0; i < search->count; i++) {
        const struct place *place = &search->places[i];

        if (group_of(place, round->level) != number)
            continue;
        group.has_zero = group.has_zero || cpulist_has(&place->cpus, 0);
        if (fits(search, place, round, rank))
            group.room += place->room;
    }
    return group;
}

/* Away from core 0, where the host works most; then the tightest fit, which leaves the large gaps
 * to others. */
static bool is_better(const struct group *a, const struct group *b) {
    return a->has_zero != b->has_zero ? !a->has_zero : a->room < b->room;
}

static void take(const struct search *search, const struct round *round, uint64_t rank,
                 unsigned number, unsigned *ret) {
    unsigned taken = 0;

    for (int zero = 0; zero < 2; zero++)
        for (size_t i = 0; i < search->count; i++) {
            const struct place *place = &search->places[i];
            unsigned room = place->room;

            if (group_of(place, round->level) != number || !fits(search, place, round, rank) ||
                cpulist_has(&place->cpus, 0) != (zero == 1))
                continue;
            for (unsigned cpu = cpulist_next(&place->cpus, 0);
                 cpu < CPULIST_MAX && room > 0 && taken < search->wish->vcpus;
                 cpu = cpulist_next(&place->cpus, cpu + 1), room--)
                ret[taken++] = cpu;
        }
}

static bool try_round(const struct search *search, const struct round *round, unsigned *ret) {
    uint64_t rank = best_rank(search, round);
    struct group best = {0};
    bool found = false;

    for (size_t i = 0; i < search->count; i++) {
        unsigned number = group_of(&search->places[i], round->level);
        struct group group;

        /* Neighbours mostly share a group. */
        if (i > 0 && number == group_of(&search->places[i - 1], round->level))
            continue;
        group = measure(search, round, rank, number);
        if (group.room < search->wish->vcpus || (found && !is_better(&group, &best)))
            continue;
        best = group;
        found = true;
    }
    if (found)
        take(search, round, rank, best.number, ret);
    return found;
}

/* From the strictest round to the one that takes anything: a bit each, the level below. */
static struct round make_round(unsigned number) {
    return (struct round){
        .with_zero = number & 1,
        .level = (enum level)(number / 2 % LEVELS),
        .any_rank = number / (2 * LEVELS) & 1,
        .any_kind = number / (4 * LEVELS) & 1,
        .far = number / (8 * LEVELS) & 1,
        .held = number / (16 * LEVELS) & 1,
    };
}

#define ROUNDS (32 * LEVELS)

int cpu_choose(const struct topology *topology, const struct cpu_wish *wish, unsigned *ret) {
    struct search search = {.topology = topology, .wish = wish};
    int r = find_places(&search);

    if (r == 0)
        r = -ENOSPC;
    for (unsigned i = 0; i < ROUNDS && r == -ENOSPC; i++) {
        struct round round = make_round(i);

        if (try_round(&search, &round, ret))
            r = 0;
    }
    free(search.places);
    return r;
}
