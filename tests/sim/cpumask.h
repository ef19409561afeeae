/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Sets of CPUs (and of memory nodes), and the two ways in which the kernel writes them: as a list,
 * "0-3,8", and as a hexadecimal mask with a comma after every 32 CPUs, "1,0000000f".
 */

#include "common.h"

#define CPUMASK_BITS 1024u

struct cpumask {
    uint64_t words[CPUMASK_BITS / 64];
};

static inline bool cpumask_has(const struct cpumask *mask, unsigned bit) {
    return bit < CPUMASK_BITS && mask->words[bit / 64] >> (bit % 64) & 1;
}

static inline void cpumask_set(struct cpumask *mask, unsigned bit) {
    mask->words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void cpumask_clear(struct cpumask *mask, unsigned bit) {
    mask->words[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

struct cpumask cpumask_and(const struct cpumask *a, const struct cpumask *b);
struct cpumask cpumask_or(const struct cpumask *a, const struct cpumask *b);
struct cpumask cpumask_without(const struct cpumask *a, const struct cpumask *b);
bool cpumask_empty(const struct cpumask *mask);
bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b);
bool cpumask_subset(const struct cpumask *part, const struct cpumask *whole);
unsigned cpumask_count(const struct cpumask *mask);

/* The first member that is not below `from`; CPUMASK_BITS when there is none. */
unsigned cpumask_next(const struct cpumask *mask, unsigned from);

#define for_each_cpu(cpu, mask)                                                                    \
    for (unsigned cpu = cpumask_next(mask, 0); cpu < CPUMASK_BITS;                                 \
         cpu = cpumask_next(mask, cpu + 1))

/* As bitmap_parselist() and bitmap_parse() for a set of `bits`: -EINVAL for what is none, -ERANGE
 * or -EOVERFLOW for what does not fit. Blanks around it do not count. */
int cpumask_parse_list(const char *text, unsigned bits, struct cpumask *ret) _must_check_;
int cpumask_parse_hex(const char *text, unsigned bits, struct cpumask *ret) _must_check_;

/* Without a newline. */
void cpumask_show_list(const struct cpumask *mask, struct text *out);
void cpumask_show_hex(const struct cpumask *mask, unsigned bits, struct text *out);
