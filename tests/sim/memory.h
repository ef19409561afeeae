/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The nodes of the machine's memory and their huge pages: /sys/devices/system/node and
 * /sys/kernel/mm/hugepages. Amounts of memory are in KiB, of pages in pages.
 */

#include "cpu.h"

struct memory_node {
    struct model *model;
    const struct machine_node *is;
    unsigned number;
    struct node *directory;
    unsigned long total, used, caches, scattered;
};

/* The pages of one size on one node. */
struct pool {
    struct hugepages *of;
    struct memory_node *node;
    unsigned long count; /* with the surplus */
    unsigned long free, surplus;
    unsigned long limit; /* 0: none */
    struct gate gate;
};

/* The pages of one size. */
struct hugepages {
    struct model *model;
    unsigned long size;
    unsigned long reserved, overcommit;
    struct pool *pools; /* one for each node, in their order */
    struct gate gate;
};

struct memory {
    struct memory_node *nodes; /* by number */
    size_t n_nodes;
    struct hugepages *sizes; /* the smallest first */
    size_t n_sizes;
    struct gate drop_caches, compact_memory;
};

void memory_add(struct model *model, const struct machine *machine);
void memory_show_state(const struct model *model, struct text *out);

/* The nodes that there are. */
struct cpumask memory_nodes(const struct model *model);

/* What is neither used, nor a cache, nor a huge page. */
unsigned long memory_free(const struct memory_node *node);

/* ---- hugepages.c: the pools, as mm/hugetlb.c keeps them ---------------------------------------
 */

enum hugepages_number { HUGEPAGES_COUNT, HUGEPAGES_FREE, HUGEPAGES_SURPLUS };

/* The sum over all nodes. */
unsigned long hugepages_sum(const struct hugepages *pages, enum hugepages_number number);

/* A write of nr_hugepages; `node` is NULL when it is that of all nodes. Never fails: there are as
 * many afterwards as could be had or got rid of. */
void hugepages_resize(struct hugepages *pages, unsigned long count, const struct memory_node *node);

/* Somebody uses pages of the pool, or more than it has; a negative count gives back. -ENOMEM when
 * there are not as many. */
int hugepages_take(struct pool *pool, long count) _must_check_;
int hugepages_add_surplus(struct pool *pool, long count) _must_check_;

/* Somebody has a right to pages and does not use them yet. */
int hugepages_reserve(struct hugepages *pages, long count) _must_check_;

/* ---- memory-files.c -------------------------------------------------------------------------- */

void memory_add_files(struct model *model);

/* ---- hugepages-files.c ----------------------------------------------------------------------- */

/* The size, in KiB, of which /proc tells. */
#define HUGEPAGES_DEFAULT 2048

void hugepages_add_files(struct memory *memory);
