/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Sets of small numbers, CPUs or NUMA nodes, and the lists they are written as: "0-3,8" by the
 * kernel (Documentation/admin-guide/cputopology.rst), "0-3,^2" by libvirt.
 */

#include <stdbool.h>

#include "util.h"

/* The largest number that a set holds; the kernel's own limit on CPUs (CONFIG_NR_CPUS). */
#define CPULIST_MAX 8192

struct cpulist {
    uint64_t bits[CPULIST_MAX / 64];
};

static inline bool cpulist_has(const struct cpulist *list, unsigned number) {
    return number < CPULIST_MAX && list->bits[number / 64] >> (number % 64) & 1;
}

static inline void cpulist_add(struct cpulist *list, unsigned number) {
    if (number < CPULIST_MAX)
        list->bits[number / 64] |= UINT64_C(1) << (number % 64);
}

static inline void cpulist_remove(struct cpulist *list, unsigned number) {
    if (number < CPULIST_MAX)
        list->bits[number / 64] &= ~(UINT64_C(1) << (number % 64));
}

/* The smallest number of a list that is not below `from`; CPULIST_MAX when there is none:
 */
unsigned cpulist_next(const struct cpulist *list, unsigned from);

#define CPULIST_FOREACH(cpu, list)                                                                 \
    for (unsigned cpu = cpulist_next(list, 0); cpu < CPULIST_MAX; cpu = cpulist_next(list, cpu + 1))

bool cpulist_empty(const struct cpulist *list);
bool cpulist_equal(const struct cpulist *a, const struct cpulist *b);

/* Whether all of `part` is in `list`. */
bool cpulist_contains(const struct cpulist *list, const struct cpulist *part);
unsigned cpulist_count(const struct cpulist *list);

void cpulist_add_all(struct cpulist *list, const struct cpulist *other);
void cpulist_remove_all(struct cpulist *list, const struct cpulist *other);
void cpulist_keep(struct cpulist *list, const struct cpulist *other);

/* Whether a number is in both. */
bool cpulist_intersects(const struct cpulist *a, const struct cpulist *b);

/* Reads a list: numbers and ranges between commas, blanks around them allowed, with ^ before those
 * that are taken out again. An empty text is an empty set. -EINVAL when it is none, -ERANGE for a
 * number that no set holds; *ret is unchanged then. */
int cpulist_parse(const char *text, struct cpulist *ret) _must_check_;

/* Writes a list as the kernel does, "0-3,8"; an empty text for the empty set. Owned by the caller,
 * NULL for lack of memory. */
char *cpulist_format(const struct cpulist *list) _must_check_;

/* Reads a mask as the kernel writes it to files without "list" in their name: hexadecimal words of
 * 32 bits between commas, the highest first. -EINVAL. */
int cpulist_parse_mask(const char *text, struct cpulist *ret) _must_check_;

/* Writes such a mask, up to the highest number that is in. Owned by the caller, NULL for lack of
 * memory. */
char *cpulist_format_mask(const struct cpulist *list) _must_check_;
