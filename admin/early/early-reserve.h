/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reserving a device that is there: the section that does it, whether the early binder will obey
 * it, and the file. All that a call reserves is planned first, one after the other, and written
 * when nothing stands in the way.
 */

#include "early-state.h"

struct early_request {
    struct pci_address device;
    enum early_by by;
    enum early_with with;
    bool boot_display;
};

/* Returned when what the same call has planned before reserves the device already. */
#define EARLY_RESERVE_COVERED 1

/* Adds the rule, as the last one of the state, and plans anew. Negative errno with the sentence why
 * the device cannot be reserved so, -EALREADY when a file does it; then the state is as it was. */
int early_reserve_plan(struct early_state *state, const struct early_request *request,
                       struct error *error) _must_check_;
