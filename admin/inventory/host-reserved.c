/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-reserved.h"

#include "early-conf.h"
#include "early-plan.h"

static void keep_quiet(_unused_ const char *sentence) {
}

static int mark(struct inventory *inventory, const struct early_rules *rules, struct error *error) {
    _cleanup_(host_needs_done) struct host_needs needs = {0};
    _cleanup_early_host_ struct early_host host = {0};
    _cleanup_early_plan_ struct early_plan plan = {0};
    int r = host_needs_ask(&needs, error);

    if (r >= 0)
        r = early_host_read(rules, &needs, &host, error);
    if (r < 0)
        return r;
    if (early_plan(rules, &host, &plan) < 0)
        return error_oom(error);
    for (size_t i = 0; i < plan.count; i++) {
        struct pci_device *device = plan.verdicts[i].outcome == EARLY_RESERVE
                                        ? inventory_find(inventory, plan.verdicts[i].address)
                                        : NULL;

        if (device)
            device->reserved = true;
    }
    return 0;
}

int inventory_mark_reserved(struct inventory *inventory, struct error *error) {
    _cleanup_early_rules_ struct early_rules rules = {0};
    _cleanup_error_ struct error unread = {0};

    if (early_conf_read(&rules, keep_quiet, &unread) < 0 || rules.count == 0)
        return 0;
    return mark(inventory, &rules, error);
}
