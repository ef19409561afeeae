/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <errno.h>

/*
 * Pages are persistent or surplus. What is written to nr_hugepages is how many persistent ones
 * there shall be; what is read from it counts both. A page in use cannot go away, and becomes
 * surplus, which goes away as soon as it is given back.
 */

unsigned long hugepages_sum(const struct hugepages *pages, enum hugepages_number number) {
    unsigned long sum = 0;

    for (size_t i = 0; i < pages->model->memory->n_nodes; i++) {
        const struct pool *pool = &pages->pools[i];

        sum += number == HUGEPAGES_COUNT  ? pool->count
               : number == HUGEPAGES_FREE ? pool->free
                                          : pool->surplus;
    }
    return sum;
}

static unsigned long persistent(const struct hugepages *pages) {
    return hugepages_sum(pages, HUGEPAGES_COUNT) - hugepages_sum(pages, HUGEPAGES_SURPLUS);
}

/* How many more pages the node could give. */
static unsigned long room(const struct pool *pool) {
    unsigned long available = memory_free(pool->node);
    unsigned long pages = available > pool->node->scattered
                              ? (available - pool->node->scattered) / pool->of->size
                              : 0;

    if (pool->limit && pool->count + pages > pool->limit)
        pages = pool->limit > pool->count ? pool->limit - pool->count : 0;
    return pages;
}

/* ---- one page of one node --------------------------------------------------------------------
 */

static bool adopt_surplus(struct pool *pool) {
    if (pool->surplus == 0)
        return false;
    pool->surplus--;
    return true;
}

static bool grow_by_one(struct pool *pool) {
    if (room(pool) == 0)
        return false;
    pool->count++;
    pool->free++;
    return true;
}

static bool shrink_by_one(struct pool *pool) {
    if (pool->free == 0)
        return false;
    pool->count--;
    pool->free--;
    return true;
}

static bool make_surplus(struct pool *pool) {
    if (pool->surplus == pool->count)
        return false;
    pool->surplus++;
    return true;
}

/* ---- the whole -------------------------------------------------------------------------------
 */

/* One page more or less, of each node in turn, as long as there is one that can. */
static void take_turns(struct hugepages *pages, const struct memory_node *only, unsigned long times,
                       bool (*step)(struct pool *pool)) {
    bool any = true;

    while (times > 0 && any) {
        any = false;
        for (size_t i = 0; i < pages->model->memory->n_nodes && times > 0; i++)
            if ((!only || pages->pools[i].node == only) && step(&pages->pools[i])) {
                any = true;
                times--;
            }
    }
}

/* A number for one node, as one for all. Before Linux 6.7 the surplus of the node's neighbours was
 * forgotten, so that more pages than were asked for could come of it. */
static unsigned long for_all(const struct hugepages *pages, unsigned long count,
                             const struct memory_node *node) {
    bool exact = kernel_is(pages->model, 6, 7);

    for (size_t i = 0; i < pages->model->memory->n_nodes; i++) {
        const struct pool *pool = &pages->pools[i];

        if (pool->node != node)
            count += pool->count - (exact ? pool->surplus : 0);
    }
    return count;
}

static void shrink(struct hugepages *pages, unsigned long count, const struct memory_node *node) {
    unsigned long needed = pages->reserved + hugepages_sum(pages, HUGEPAGES_COUNT) -
                           hugepages_sum(pages, HUGEPAGES_FREE);
    unsigned long least = count > needed ? count : needed, now = persistent(pages);

    take_turns(pages, node, now > least ? now - least : 0, shrink_by_one);
    now = persistent(pages);
    take_turns(pages, node, now > count ? now - count : 0, make_surplus);
}

void hugepages_resize(struct hugepages *pages, unsigned long count,
                      const struct memory_node *node) {
    unsigned long now = persistent(pages), surplus = hugepages_sum(pages, HUGEPAGES_SURPLUS);

    if (node)
        count = for_all(pages, count, node);
    if (count <= now) {
        shrink(pages, count, node);
        return;
    }
    take_turns(pages, node, count - now < surplus ? count - now : surplus, adopt_surplus);
    now = persistent(pages);
    take_turns(pages, node, count - now, grow_by_one);
}

/* ---- what programs do ------------------------------------------------------------------------
 */

/* free_huge_page(): surplus goes first. */
static int give_back(struct pool *pool, unsigned long count) {
    if (count > pool->count - pool->free)
        return -ENOMEM;
    for (; count > 0; count--)
        if (pool->surplus > 0) {
            pool->surplus--;
            pool->count--;
        } else {
            pool->free++;
        }
    return 0;
}

int hugepages_take(struct pool *pool, long count) {
    if (count < 0)
        return give_back(pool, (unsigned long)-count);
    if ((unsigned long)count > pool->free)
        return -ENOMEM;
    pool->free -= (unsigned long)count;
    return 0;
}

int hugepages_add_surplus(struct pool *pool, long count) {
    if (count < 0)
        return give_back(pool, (unsigned long)-count);
    if ((unsigned long)count > room(pool))
        return -ENOMEM;
    pool->count += (unsigned long)count;
    pool->surplus += (unsigned long)count;
    return 0;
}

int hugepages_reserve(struct hugepages *pages, long count) {
    unsigned long unreserved = hugepages_sum(pages, HUGEPAGES_FREE) - pages->reserved;

    if (count < 0 ? (unsigned long)-count > pages->reserved : (unsigned long)count > unreserved)
        return -ENOMEM;
    pages->reserved += (unsigned long)count;
    return 0;
}
