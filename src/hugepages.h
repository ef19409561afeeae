/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Pools of huge pages, per NUMA node and page size (kernel
 * Documentation/admin-guide/mm/hugetlbpage.rst). */

#include <stdbool.h>

#include "cpulist.h"

struct hugepages {
    uint64_t persistent; /* pages of the pool that stay: without surplus */
    uint64_t free;
};

/* The nodes with memory; node 0 alone where the kernel knows of none. */
void hugepages_nodes(struct cpulist *ret);

/* The default size, in KiB; 0 when the kernel has none. */
uint64_t hugepages_default_kib(void);

/* Reads one pool. -ENOENT: there are no pages of that size. */
int hugepages_read(unsigned node, uint64_t kib, struct hugepages *ret) _must_check_;

/* All memory of a node, in KiB; 0 when it is not known. */
uint64_t hugepages_node_kib(unsigned node);

/* Pages of a size that somebody has reserved and not touched: on which nodes nobody knows. */
uint64_t hugepages_reserved(uint64_t kib);

/* Sets how many pages stay in a pool; the kernel does what it can, and does not tell. May take
 * long. */
int hugepages_write(unsigned node, uint64_t kib, uint64_t persistent) _must_check_;

/* Asks the kernel to drop caches and to put free memory together. Takes long. */
void hugepages_make_room(void);
