/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-state.h"

#include <string.h>

#include "say.h"
#include "text.h"

static void complain(const char *sentence) {
    say_error("%s", sentence);
}

/* Asking the host first: what is added from the kernel line has no path to compare with. */
static int read_needs(struct host_needs *needs, struct error *error) {
    int r = host_needs_ask(needs, error);

    return r < 0 ? r : host_needs_read(needs, error);
}

int early_state_read(struct early_state *ret, struct error *error) {
    int r = early_conf_read(&ret->rules, complain, error);

    if (r < 0)
        return r;
    ret->wrong = r;
    ret->known = ret->rules.count;
    r = read_needs(&ret->needs, error);
    return r < 0 ? r : early_state_plan(ret, error);
}

int early_state_plan(struct early_state *state, struct error *error) {
    early_plan_done(&state->plan);
    early_host_done(&state->host);
    if (early_host_read(&state->rules, &state->needs, &state->host, error) < 0)
        return -error->code;
    return early_plan(&state->rules, &state->host, &state->plan) < 0 ? error_oom(error) : 0;
}

const struct early_verdict *early_state_reserved(const struct early_state *state,
                                                 struct pci_address address) {
    for (size_t i = 0; i < state->plan.count; i++)
        if (state->plan.verdicts[i].outcome == EARLY_RESERVE &&
            pci_address_equal(state->plan.verdicts[i].address, address))
            return &state->plan.verdicts[i];
    return NULL;
}

static bool is_among(struct pci_address address, const struct pci_address *known, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (pci_address_equal(known[i], address))
            return true;
    return false;
}

char *early_state_others(const struct early_state *state, const struct early_rule *rule,
                         const struct pci_address *known, size_t count) {
    char *names = strdup("");

    for (size_t i = 0; i < state->plan.count && names; i++) {
        const struct early_verdict *verdict = &state->plan.verdicts[i];
        _cleanup_free_ char *shorter = NULL;

        if (verdict->rule != rule || verdict->outcome != EARLY_RESERVE ||
            !pci_address_equal(verdict->device, verdict->address) ||
            is_among(verdict->address, known, count))
            continue;
        shorter = names;
        names = text_format("%s%s%s", shorter, *shorter ? ", " : "",
                            PCI_ADDRESS_FORMAT(verdict->address));
    }
    return names;
}

char *early_state_rule_text(const struct early_rule *rule) {
    const char *slash = strrchr(rule->file, '/');

    return text_format("[%s] in %s", rule->section, slash ? slash + 1 : rule->file);
}

void early_state_done(struct early_state *state) {
    early_plan_done(&state->plan);
    early_host_done(&state->host);
    host_needs_done(&state->needs);
    early_rules_done(&state->rules);
}
