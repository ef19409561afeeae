/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The NUMA nodes of the host that a VM is on. */

#include "cpulist.h"
#include "domain.h"

/* The nodes of the VM's memory, of the CPUs it is pinned to and of its PCI devices, as far as its
 * XML names any; empty when it does not. Lists in the XML that are none are passed over. */
void host_near_nodes(const struct domain *domain, struct cpulist *ret);
