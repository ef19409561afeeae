/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal-cpu.h"

#include <errno.h>

#include "plan-cpu.h"

int refusal_explain_cpu(const struct refusal *refusal, const struct host *host,
                        const struct policy *policy, struct error *error) {
    _cleanup_free_ char *online = cpulist_format(&host->cpus.topology.online);
    struct cpulist taken = host->cpus.isolated;
    _cleanup_free_ char *others = NULL;

    cpulist_add_all(&taken, &host->cpus.pinned);
    others = cpulist_format(&taken);
    if (!online || !others)
        return error_oom(error);
    switch (refusal->reason) {
    case REFUSED_CPU_OFFLINE:
        return error_set(
            error, EINVAL,
            "the VM is to run on CPU %u, but this host has the CPUs %s online: correct "
            "pin = in %s, or the pins in the VM's XML",
            refusal->cpu, online, policy->file);
    case REFUSED_CPU_NO_VCPU:
        return error_set(
            error, EINVAL,
            "pin = names vCPU %u, which the VM does not have: correct it in %s, or give "
            "the VM more vCPUs",
            refusal->thread, policy->file);
    case REFUSED_CPU_NO_IOTHREAD:
        return error_set(error, EINVAL,
                         "pin = names iothread%u, which the VM does not have: correct it in %s, or "
                         "set <iothreads> in the VM's XML (the first one has number 1)",
                         refusal->thread, policy->file);
    case REFUSED_CPU_HIGH_IOTHREAD:
        return error_set(error, EINVAL,
                         "pin = names iothread%u, and only those up to number %u can be pinned: "
                         "give it a smaller number in <iothreadids> in the VM's XML, or remove it "
                         "from %s",
                         refusal->thread, PLAN_IOTHREAD_MAX, policy->file);
    case REFUSED_CPU_FEW:
        return error_set(
            error, EINVAL,
            "there are not enough CPUs for the VM's %u vCPUs: of the CPUs %s, other VMs "
            "have %s. Give the VM fewer vCPUs, or set pin = none in %s",
            refusal->thread, online, *others ? others : "none", policy->file);
    case REFUSED_CPU_UNKNOWN:
        return error_set(error, EINVAL,
                         "isolate = yes does not say which CPUs: set pin = auto in %s, or pin the "
                         "vCPUs in the VM's XML",
                         policy->file);
    case REFUSED_CPU_PLACEMENT:
        return error_set(
            error, EINVAL,
            "isolate = yes has to know the CPUs before the VM starts, and with "
            "placement='auto' in its XML they are chosen later: pin the vCPUs there, or "
            "remove that and set pin = auto in %s",
            policy->file);
    case REFUSED_CPU_ALL:
        return error_set(
            error, EINVAL,
            "isolate = yes would leave the host without a whole core: give the VM fewer "
            "vCPUs, or set isolate = no in %s",
            policy->file);
    case REFUSED_CPU_CLAIMED:
        return error_set(
            error, EBUSY,
            "CPU %u is isolated for VM %s: shut that VM down first, or let this one run "
            "on other CPUs",
            refusal->cpu, refusal->holder);
    case REFUSED_CPU_PINNED:
        return error_set(error, EBUSY,
                         "CPU %u is to be isolated, and VM %s is pinned to it: shut that VM down "
                         "first, or let one of them run on other CPUs",
                         refusal->cpu, refusal->holder);
    case REFUSED_HUGEPAGE_NONE:
        return error_set(
            error, EINVAL,
            "hugepages = reserve: this kernel has no huge pages. Remove <hugepages> from "
            "the VM's XML");
    default:
        return error_set(error, EINVAL, "the VM cannot be started on this host");
    }
}
