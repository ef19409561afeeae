/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * booster (https://github.com/anatol/booster, docs/manpage.md): its initramfs is one program that
 * loads modules, and runs no others. All it can be told is the ids that vfio-pci takes, by module
 * options; softdeps it reads from the kernel's own modules.softdep only. So what tells twins apart,
 * and virtual functions, cannot be had there.
 */

#include "early-state.h"

/* It loads modules side by side, so that another driver may be first. */
#define BOOSTER_NOTE                                                                               \
    "booster loads drivers side by side: where another one is faster than vfio-pci, "              \
    "hostdevctl-early.service takes the device back from it later in the boot."

/* Checks that ids say the same as the sections do, and that booster will load vfio-pci; then writes
 * /etc/modprobe.d/hostdevctl.conf, or removes it when nothing is reserved. Negative errno with a
 * sentence. */
int booster_prepare(const struct early_state *state, struct error *error) _must_check_;

/* Removes that file: another tool makes the initramfs now, and ids would take twins. */
int booster_forget(struct error *error) _must_check_;
