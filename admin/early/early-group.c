/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-group.h"

#include <errno.h>
#include <string.h>

#include "say.h"
#include "text.h"

/* What a section would do that took the whole group. */
struct trial {
    struct early_rule rule;
    struct early_host host;
    struct early_plan plan;
};

static void trial_done(struct trial *trial) {
    early_plan_done(&trial->plan);
    early_host_done(&trial->host);
}

static int try(struct trial *trial, const struct early_state *state, struct pci_address device,
               struct error *error) {
    const struct early_rules rules = {&trial->rule, 1};

    trial->rule = (struct early_rule){
        .by = EARLY_BY_ADDRESS,
        .address = device,
        .with = EARLY_WITH_GROUP,
        .boot_display = true,
    };
    if (early_host_read(&rules, &state->needs, &trial->host, error) < 0)
        return -error->code;
    return early_plan(&rules, &trial->host, &trial->plan) < 0 ? error_oom(error) : 0;
}

static int warn(const struct early_state *state, const struct trial *trial,
                struct pci_address device) {
    _cleanup_free_ char *names = strdup("");

    for (size_t i = 0; i < trial->plan.count && names; i++) {
        const struct early_verdict *verdict = &trial->plan.verdicts[i];
        _cleanup_free_ char *shorter = NULL;

        if (verdict->outcome != EARLY_RESERVE || early_state_reserved(state, verdict->address))
            continue;
        shorter = names;
        names = text_format("%s%s%s", shorter, *shorter ? ", " : "",
                            PCI_ADDRESS_FORMAT(verdict->address));
    }
    if (names && *names)
        say_warning("%s shares its IOMMU group with %s, and a VM can have it only with all of the "
                    "group: reserve the rest too (--with iommu-group)",
                    PCI_ADDRESS_FORMAT(device), names);
    return names ? 0 : -ENOMEM;
}

int early_group_warn(const struct early_state *state, struct pci_address device) {
    _cleanup_(trial_done) struct trial trial = {0};
    _cleanup_error_ struct error error = {0};

    if (try(&trial, state, device, &error) < 0)
        return -error.code;
    if (trial.plan.count > 0 && trial.plan.verdicts[0].why) {
        say_warning("the IOMMU group of %s cannot go to a VM as a whole: %s",
                    PCI_ADDRESS_FORMAT(device), trial.plan.verdicts[0].why);
        return 0;
    }
    return warn(state, &trial, device);
}
