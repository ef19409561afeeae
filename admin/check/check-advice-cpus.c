/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPUs of the host that a VM's own XML names. */

#include "check-advice.h"

#include <errno.h>

#include "text.h"

/* A list of the XML, and what is pinned to it. NULL lists have none. */
static int advise_list(struct check_report *report, const struct check_vm *vm, const char *list,
                       const char *what) {
    struct cpulist missing;
    _cleanup_free_ char *text = NULL;

    if (!list || cpulist_parse(list, &missing) < 0)
        return 0;
    cpulist_remove_all(&missing, &vm->cpus);
    if (cpulist_empty(&missing))
        return 0;
    text = cpulist_format(&missing);
    return check_fail(
        report,
        text ? text_format("<%s> names CPU %s, which this host does not have online", what, text)
             : NULL,
        text_format("name others: virsh nodecpumap shows those that are online"));
}

static int advise_pins(struct check_report *report, const struct check_vm *vm,
                       const struct domain_pin *pins, size_t count, const char *what) {
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++)
        r = advise_list(report, vm, pins[i].cpuset, what);
    return r;
}

int check_advise_cpus(struct check_report *report, const struct check_vm *vm) {
    const struct domain_cpu *cpu = &vm->domain->cpu;
    const size_t before = report->count;
    int r;

    if (cpulist_empty(&vm->cpus) ||
        (!cpu->cpuset && !cpu->emulatorpin && cpu->n_vcpupins == 0 && cpu->n_iothreadpins == 0))
        return 0;
    r = advise_list(report, vm, cpu->cpuset, "vcpu cpuset");
    if (r == 0)
        r = advise_pins(report, vm, cpu->vcpupins, cpu->n_vcpupins, "vcpupin");
    if (r == 0)
        r = advise_list(report, vm, cpu->emulatorpin, "emulatorpin");
    if (r == 0)
        r = advise_pins(report, vm, cpu->iothreadpins, cpu->n_iothreadpins, "iothreadpin");
    if (r < 0 || report->count > before)
        return r;
    return check_ok(report, text_format("the host has those that it is pinned to"));
}
