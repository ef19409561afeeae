/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-cpus.h"

#include "host-numa.h"
#include "hugepages.h"

int host_cpus_read(const struct domain *domain, struct host_cpus *ret, struct error *error) {
    host_near_nodes(domain, &ret->near);
    hugepages_nodes(&ret->memory_nodes);
    ret->hugepage_kib = hugepages_default_kib();
    topology_done(&ret->topology);
    ret->topology = (struct topology){0};
    return topology_read(&ret->topology, error);
}

void host_cpus_done(struct host_cpus *cpus) {
    topology_done(&cpus->topology);
}
