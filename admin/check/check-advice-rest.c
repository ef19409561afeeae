/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mediated devices, and memory. */

#include "check-advice.h"

#include <errno.h>
#include <inttypes.h>

#include "text.h"

int check_advise_mdevs(struct check_report *report, const struct check_vm *vm) {
    for (size_t i = 0; i < vm->domain->n_mdevs; i++) {
        const struct domain_mdev *mdev = &vm->domain->mdevs[i];

        if (!mdev->display)
            continue;
        if (!vm->has_graphics)
            return check_fail(
                report,
                text_format("%s has display='on', and the VM has no <graphics> that "
                            "could show it, so libvirt refuses it",
                            mdev->uuid),
                text_format("add <graphics type='spice'>, or take display='on' away"));
        return check_ok(report, text_format("what %s draws is shown", mdev->uuid));
    }
    return 0;
}

int check_advise_memory(struct check_report *report, const struct check_vm *vm) {
    uint64_t needed;

    if (vm->hugepages_kib == 0)
        return 0;
    if (vm->runs)
        return check_ok(report,
                        text_format("they are not counted while the VM runs, which has its own"));
    if (vm->reserves_hugepages)
        return check_ok(report, text_format("huge pages are reserved when it starts"));
    needed = (vm->domain->memory.kib + vm->hugepages_kib - 1) / vm->hugepages_kib;
    if (vm->hugepages_free >= needed)
        return check_ok(report, text_format("there are %" PRIu64 " huge pages for the %" PRIu64
                                            " that it needs",
                                            vm->hugepages_free, needed));
    return check_fail(report,
                      text_format("it needs %" PRIu64 " huge pages of %" PRIu64 " KiB, and %" PRIu64
                                  " are free",
                                  needed, vm->hugepages_kib, vm->hugepages_free),
                      text_format("hugepages = reserve in [memory] of %s makes them when it starts",
                                  vm->conf_file ? vm->conf_file : "its file"));
}
