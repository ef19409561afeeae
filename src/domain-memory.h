/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The memory of a domain: how much, on huge pages of which size, from which NUMA nodes of the host
 * (https://libvirt.org/formatdomain.html#memory-allocation, #memory-backing, #numa-node-tuning).
 */

#include "domain.h"
#include "xml.h"

/* Reads <memory>, <memoryBacking> and <numatune> below the <domain> element. -EINVAL with a
 * sentence when a size is none. `memory` needs domain_memory_done in either case. */
int domain_memory_parse(xmlNodePtr root, struct domain_memory *memory,
                        struct error *error) _must_check_;

void domain_memory_done(struct domain_memory *memory);
