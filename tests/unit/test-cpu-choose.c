/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "cpu-choose.h"

/* A host that is built by the test, and what is chosen on it. */
struct fixture {
    struct topology_cpu cpus[64];
    struct topology topology;
    struct cpu_wish wish;
    unsigned chosen[64];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);

    f->topology.cpus = f->cpus;
    f->wish.threads = 1;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    free(*state);
    return 0;
}

static struct topology_cpu *add(struct fixture *f, unsigned core, unsigned cache, unsigned node) {
    struct topology_cpu *cpu = &f->cpus[f->topology.count];

    *cpu = (struct topology_cpu){
        .cpu = (unsigned)f->topology.count,
        .core = core,
        .cache = cache,
        .cache_kib = 32768,
        .package = node / 2,
        .node = node,
    };
    cpulist_add(&f->topology.online, cpu->cpu);
    f->topology.count++;
    return cpu;
}

/* One socket, `cores` cores of two threads, numbered as usual: the siblings come behind all cores.
 */
static void smt(struct fixture *f, unsigned cores) {
    for (unsigned i = 0; i < 2 * cores; i++)
        add(f, i % cores, 0, 0);
}

/* `nodes` NUMA nodes with `cores` cores each, without SMT, and a cache for each node. */
static void numa(struct fixture *f, unsigned nodes, unsigned cores) {
    for (unsigned i = 0; i < nodes * cores; i++)
        add(f, i, i / cores * cores, i / cores);
}

static void assert_chosen(struct fixture *f, unsigned vcpus, const char *expected) {
    char got[256] = "";

    f->wish.vcpus = vcpus;
    assert_int_equal(cpu_choose(&f->topology, &f->wish, f->chosen), 0);
    for (unsigned i = 0; i < vcpus; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%u", i ? " " : "", f->chosen[i]);
    assert_string_equal(got, expected);
}

static struct cpulist list(const char *text) {
    struct cpulist cpus;

    assert_int_equal(cpulist_parse(text, &cpus), 0);
    return cpus;
}

static void takes_whole_cores(void **state) {
    struct fixture *f = *state;

    smt(f, 8);
    assert_chosen(f, 4, "1 9 2 10");
    assert_chosen(f, 3, "1 9 2");
}

static void puts_siblings_on_siblings(void **state) {
    struct fixture *f = *state;

    smt(f, 8);
    f->wish.threads = 2;
    assert_chosen(f, 4, "1 9 2 10");
}

static void leaves_core_0_for_the_end(void **state) {
    struct fixture *f = *state;

    smt(f, 4);
    assert_chosen(f, 8, "1 5 2 6 3 7 0 4");
}

static void stays_within_a_cache(void **state) {
    struct fixture *f = *state;

    /* Two caches of four cores, in one node. */
    for (unsigned i = 0; i < 8; i++)
        add(f, i, i / 4 * 4, 0);
    assert_chosen(f, 4, "4 5 6 7");
    assert_chosen(f, 3, "4 5 6");
    assert_chosen(f, 6, "1 2 3 4 5 6");
}

static void stays_within_a_node(void **state) {
    struct fixture *f = *state;

    numa(f, 4, 4);
    assert_chosen(f, 4, "4 5 6 7");
    f->wish.nodes = list("2");
    assert_chosen(f, 4, "8 9 10 11");
    assert_chosen(f, 2, "8 9");
    /* More than that node has: a package. */
    assert_chosen(f, 6, "8 9 10 11 12 13");
}

static void avoids_what_others_have(void **state) {
    struct fixture *f = *state;

    numa(f, 2, 4);
    f->wish.held = list("4-5");
    assert_chosen(f, 3, "1 2 3");
    assert_chosen(f, 5, "1 2 3 6 7");
    /* Shared only when nothing else is left. */
    assert_chosen(f, 8, "1 2 3 4 5 6 7 0");
}

static void never_takes_what_is_isolated(void **state) {
    struct fixture *f = *state;

    numa(f, 2, 4);
    f->wish.unavailable = list("4-7");
    assert_chosen(f, 4, "1 2 3 0");
    f->wish.vcpus = 5;
    assert_int_equal(cpu_choose(&f->topology, &f->wish, f->chosen), -ENOSPC);
}

static void keeps_large_gaps(void **state) {
    struct fixture *f = *state;

    numa(f, 3, 4);
    f->wish.held = list("8-9");
    assert_chosen(f, 2, "10 11");
}

/* Four performance cores with two threads, then four efficiency cores. */
static void hybrid(struct fixture *f) {
    for (unsigned i = 0; i < 8; i++)
        add(f, i / 2 * 2, 0, 0);
    for (unsigned i = 8; i < 12; i++)
        add(f, i, 0, 0)->kind = CORE_EFFICIENCY;
}

static void takes_performance_cores_first(void **state) {
    struct fixture *f = *state;

    hybrid(f);
    f->wish.threads = 2;
    assert_chosen(f, 4, "2 3 4 5");
    f->wish.threads = 1;
    f->wish.kind = CORE_EFFICIENCY;
    assert_chosen(f, 4, "8 9 10 11");
    assert_chosen(f, 5, "2 3 4 5 6");
}

/* Two caches of four cores: the one of core 0 is three times as large, the other one clocks higher.
 */
static void x3d(struct fixture *f) {
    for (unsigned i = 0; i < 8; i++) {
        struct topology_cpu *cpu = add(f, i, i / 4 * 4, 0);

        cpu->cache_kib = i < 4 ? 98304 : 32768;
        cpu->max_khz = i < 4 ? 5250000 : 5700000 - i;
    }
}

static void follows_the_preference(void **state) {
    struct fixture *f = *state;

    x3d(f);
    f->wish.preference = PREFER_CACHE;
    assert_chosen(f, 3, "1 2 3");
    assert_chosen(f, 4, "1 2 3 0");
    f->wish.preference = PREFER_FREQUENCY;
    assert_chosen(f, 4, "4 5 6 7");
}

static void refuses_too_many(void **state) {
    struct fixture *f = *state;

    smt(f, 4);
    f->wish.vcpus = 9;
    assert_int_equal(cpu_choose(&f->topology, &f->wish, f->chosen), -ENOSPC);
}

#define CASE(sentence, function)                                                                   \
    { sentence, function, set_up, tear_down, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE("vCPUs get whole cores", takes_whole_cores),
        CASE("guest SMT siblings go on host SMT siblings", puts_siblings_on_siblings),
        CASE("core 0 comes last", leaves_core_0_for_the_end),
        CASE("what fits into one last-level cache stays within it", stays_within_a_cache),
        CASE("then one NUMA node, the VM's own first, then one package", stays_within_a_node),
        CASE("cores that other VMs hold are taken only when nothing else is left",
             avoids_what_others_have),
        CASE("isolated cores are never taken", never_takes_what_is_isolated),
        CASE("the tightest fit leaves the large gaps to others", keeps_large_gaps),
        CASE("performance cores come first, unless told otherwise", takes_performance_cores_first),
        CASE("the larger cache, or the higher clock, as preferred", follows_the_preference),
        CASE("more vCPUs than CPUs cannot be had", refuses_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
