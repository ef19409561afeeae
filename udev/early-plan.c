/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-plan.h"

#include <errno.h>
#include <string.h>

#include "pci-serial.h"
#include "text.h"

#define CLASS_BRIDGE 0x06
/* NVSwitch and the like: no bridge of this host's buses. */
#define CLASS_BRIDGE_OTHER 0x0680

/* A plan in the making. */
struct planning {
    const struct early_rules *rules;
    const struct early_host *host;
    struct early_plan *plan;
};

static int add(const struct planning *planning, const struct early_verdict *verdict) {
    struct early_plan *plan = planning->plan;

    /* Doubling: an id may name thousands. */
    if ((plan->count & (plan->count - 1)) == 0) {
        size_t room = plan->count > 0 ? 2 * plan->count : 1;
        struct early_verdict *larger = reallocarray(plan->verdicts, room, sizeof *larger);

        if (!larger) {
            free(verdict->why);
            return -ENOMEM;
        }
        plan->verdicts = larger;
    }
    plan->verdicts[plan->count++] = *verdict;
    return 0;
}

/* `why` is handed over. */
static int add_negative(const struct planning *planning, enum early_outcome outcome,
                        const struct early_rule *rule, struct pci_address address, char *why) {
    if (!why)
        return -ENOMEM;
    return add(planning, &(struct early_verdict){
                             .outcome = outcome,
                             .rule = rule,
                             .device = address,
                             .address = address,
                             .why = why,
                         });
}

/* ---- what has to stay with the host --------------------------------------------------------- */

static bool is_bridge(const struct early_device *device) {
    return device->class >> 16 == CLASS_BRIDGE && device->class >> 8 != CLASS_BRIDGE_OTHER;
}

/* Whether the i-th device is to be asked if it goes along. An id may name thousands that go alone.
 */
static bool may_go_along(const struct planning *planning, const struct early_rule *rule, size_t i) {
    return rule->with != EARLY_WITH_NOTHING && i < planning->host->count;
}

/* A rule that has virtual functions made of the device, or NULL. */
static const struct early_rule *find_physfn_rule(const struct planning *planning,
                                                 const struct early_device *device) {
    for (size_t i = 0; i < planning->rules->count; i++)
        if (early_rule_is_about_vfs(&planning->rules->items[i]) &&
            early_host_matches(&planning->rules->items[i], device))
            return &planning->rules->items[i];
    return NULL;
}

/* Why a device must stay: 1, and the reason, owned by the caller; 0 when it need not; -ENOMEM. */
static int reason_to_stay(const struct planning *planning, const struct early_rule *rule,
                          const struct early_device *device, char **ret) {
    const struct early_rule *other = find_physfn_rule(planning, device);

    if (device->needed)
        *ret = text_format("the host itself needs it for %s", device->needed);
    else if (device->boot_display && !rule->boot_display)
        *ret = text_format("it is the display that the host boots with: say boot-display = yes if "
                           "the host can do without a picture");
    else if (other)
        *ret = text_format("[%s] in %s is about its virtual functions, which need it there",
                           other->section, other->file);
    else
        return 0;
    return *ret ? 1 : -ENOMEM;
}

/* The same of all that would go along. */
static int reason_of_companions(const struct planning *planning, const struct early_rule *rule,
                                const struct early_device *device, char **ret) {
    for (size_t i = 0; may_go_along(planning, rule, i); i++) {
        const struct early_device *other = &planning->host->devices[i];
        _cleanup_free_ char *reason = NULL;
        int r;

        if (other == device || is_bridge(other) || !early_host_is_companion(rule, device, other))
            continue;
        r = reason_to_stay(planning, rule, other, &reason);
        if (r == 0)
            continue;
        if (r == 1)
            *ret = text_format("%s would go along, but %s", PCI_ADDRESS_FORMAT(other->address),
                               reason);
        return r < 0 || !*ret ? -ENOMEM : 1;
    }
    return 0;
}

static int reason_of_set(const struct planning *planning, const struct early_rule *rule,
                         const struct early_device *device, char **ret) {
    int r;

    if (is_bridge(device)) {
        *ret = text_format("it is a bridge, without which the host cannot reach what is behind it");
        return *ret ? 1 : -ENOMEM;
    }
    r = reason_to_stay(planning, rule, device, ret);
    return r != 0 ? r : reason_of_companions(planning, rule, device, ret);
}

/* ---- what goes ------------------------------------------------------------------------------ */

static int reserve(const struct planning *planning, const struct early_rule *rule,
                   const struct early_device *device, const struct early_device *one) {
    return add(planning, &(struct early_verdict){
                             .outcome = EARLY_RESERVE,
                             .rule = rule,
                             .device = device->address,
                             .address = one->address,
                         });
}

static int plan_set(const struct planning *planning, const struct early_rule *rule,
                    const struct early_device *device) {
    char *why = NULL;
    int r = reason_of_set(planning, rule, device, &why);

    if (r == 1)
        return add_negative(planning, EARLY_LEAVE, rule, device->address, why);
    if (r == 0)
        r = reserve(planning, rule, device, device);
    for (size_t i = 0; may_go_along(planning, rule, i) && r == 0; i++) {
        const struct early_device *other = &planning->host->devices[i];

        if (other != device && !is_bridge(other) && early_host_is_companion(rule, device, other))
            r = reserve(planning, rule, device, other);
    }
    return r;
}

static int plan_vf(const struct planning *planning, const struct early_rule *rule,
                   const struct early_device *device, const struct early_device *vf) {
    char *why = NULL;
    int r = reason_to_stay(planning, rule, vf, &why);

    return r == 1  ? add_negative(planning, EARLY_LEAVE, rule, vf->address, why)
           : r < 0 ? r
                   : reserve(planning, rule, device, vf);
}

static int plan_vfs(const struct planning *planning, const struct early_rule *rule,
                    const struct early_device *device) {
    int r = add(planning, &(struct early_verdict){
                              .outcome = EARLY_PHYSFN,
                              .rule = rule,
                              .device = device->address,
                              .address = device->address,
                              .vfs = rule->sriov_vfs,
                          });

    for (size_t i = 0; i < planning->host->count && r == 0; i++) {
        const struct early_device *vf = &planning->host->devices[i];

        if (rule->has_vfs && vf->is_vf && pci_address_equal(vf->physfn, device->address) &&
            vf->vf >= (int)rule->first_vf && vf->vf <= (int)rule->last_vf)
            r = plan_vf(planning, rule, device, vf);
    }
    return r;
}

/* ---- rules that name nothing, or too much --------------------------------------------------- */

static int plan_missing(const struct planning *planning, const struct early_rule *rule) {
    const struct early_device *there = NULL;
    char *why = NULL;

    if (rule->by == EARLY_BY_ADDRESS)
        there = early_host_device(planning->host, rule->address);
    for (size_t i = 0; rule->by == EARLY_BY_PATH && i < planning->host->count && !there; i++)
        if (planning->host->devices[i].path && !planning->host->devices[i].is_vf &&
            strcmp(planning->host->devices[i].path, rule->path) == 0)
            there = &planning->host->devices[i];
    if (there)
        return add_negative(planning, EARLY_LEAVE, rule, there->address,
                            text_format("it is %04x:%04x, and not what id = %04x:%04x says",
                                        there->id.vendor, there->id.device, rule->id.vendor,
                                        rule->id.device));
    switch (rule->by) {
    case EARLY_BY_ADDRESS:
        why = text_format("there is no device at %s", PCI_ADDRESS_FORMAT(rule->address));
        break;
    case EARLY_BY_ID:
        why = text_format("there is no %04x:%04x", rule->id.vendor, rule->id.device);
        break;
    case EARLY_BY_SERIAL:
        why = text_format("no %04x:%04x has this serial number", rule->id.vendor, rule->id.device);
        break;
    case EARLY_BY_PATH:
        why = text_format("there is no device at %s", rule->path);
        break;
    }
    return add_negative(planning, EARLY_MISSING, rule, rule->address, why);
}

/* The functions of one card have one serial number. */
static bool is_same_card(const struct early_device *a, const struct early_device *b) {
    struct pci_address function = b->address;

    function.function = a->address.function;
    return pci_address_equal(a->address, function);
}

static int leave_ambiguous(const struct planning *planning, const struct early_rule *rule,
                           const struct early_device *first, const struct early_device *second) {
    return add_negative(
        planning, EARLY_LEAVE, rule, first->address,
        is_same_card(first, second)
            ? text_format("%s is a function of the same card, with the same serial number: %s",
                          PCI_ADDRESS_FORMAT(second->address),
                          early_rule_is_about_vfs(rule) ? "name one of them by its address or path"
                                                        : "say with = slot to reserve the card")
            : text_format("%s has the same serial number: there is no telling which one is meant",
                          PCI_ADDRESS_FORMAT(second->address)));
}

/* Whether the serial number means more than one device, or the card that goes as a whole. */
static bool is_ambiguous(const struct early_rule *rule, const struct early_device *first,
                         const struct early_device *second) {
    return rule->by == EARLY_BY_SERIAL &&
           !(rule->with == EARLY_WITH_SLOT && is_same_card(first, second));
}

static int plan_rule(const struct planning *planning, const struct early_rule *rule) {
    const struct early_device *first = NULL;
    size_t begun = planning->plan->count;
    int r = 0;

    for (size_t i = 0; i < planning->host->count && r == 0; i++) {
        const struct early_device *device = &planning->host->devices[i];

        if (!early_host_matches(rule, device))
            continue;
        if (first && is_ambiguous(rule, first, device)) {
            while (planning->plan->count > begun)
                free(planning->plan->verdicts[--planning->plan->count].why);
            return leave_ambiguous(planning, rule, first, device);
        }
        if (!first || rule->by != EARLY_BY_SERIAL)
            r = early_rule_is_about_vfs(rule) ? plan_vfs(planning, rule, device)
                                              : plan_set(planning, rule, device);
        first = first ? first : device;
    }
    return r < 0 || first ? r : plan_missing(planning, rule);
}

int early_plan(const struct early_rules *rules, const struct early_host *host,
               struct early_plan *ret) {
    const struct planning planning = {rules, host, ret};
    int r = 0;

    for (size_t i = 0; i < rules->count && r == 0; i++)
        r = plan_rule(&planning, &rules->items[i]);
    return r;
}

/* Whether two verdicts are about what one rule says of one device. */
static bool is_same_set(const struct early_verdict *a, const struct early_verdict *b) {
    return a->rule == b->rule && pci_address_equal(a->device, b->device);
}

bool early_plan_concerns(const struct early_plan *plan, size_t i,
                         const struct pci_address *address) {
    const struct early_verdict *verdict = &plan->verdicts[i];

    if (!address)
        return true;
    while (i > 0 && is_same_set(&plan->verdicts[i - 1], verdict))
        i--;
    for (; i < plan->count && is_same_set(&plan->verdicts[i], verdict); i++)
        if (pci_address_equal(plan->verdicts[i].address, *address))
            return true;
    return false;
}

void early_plan_done(struct early_plan *plan) {
    for (size_t i = 0; i < plan->count; i++)
        free(plan->verdicts[i].why);
    free(plan->verdicts);
    *plan = (struct early_plan){0};
}
