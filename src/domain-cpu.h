/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The processors of a domain: how many, where the XML itself pins them, and the topology the guest
 * sees (https://libvirt.org/formatdomain.html#cpu-allocation, #cpu-tuning).
 */

#include "domain.h"
#include "xml.h"

/* Reads <vcpu>, <iothreads>, <cputune> and <cpu><topology> below the <domain> element. -EINVAL with
 * a sentence when a number is none. `cpu` needs domain_cpu_done in either case. */
int domain_cpu_parse(xmlNodePtr root, struct domain_cpu *cpu, struct error *error) _must_check_;

void domain_cpu_done(struct domain_cpu *cpu);
