/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-reserve.h"

#include <errno.h>
#include <string.h>

#include "device-text.h"
#include "pci-serial.h"
#include "text.h"

/* ---- the rule -------------------------------------------------------------------------------- */

static struct early_rule *last_rule(struct early_state *state) {
    return &state->rules.items[state->rules.count - 1];
}

/* By address at first, whatever was asked for: only that finds out what else there is to say. */
static int append(struct early_state *state, const struct early_request *request) {
    struct early_rules *rules = &state->rules;
    struct early_rule *larger;

    /* The plan refers to the old ones. */
    early_plan_done(&state->plan);
    larger = reallocarray(rules->items, rules->count + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    rules->items = larger;
    larger += rules->count++;
    *larger = (struct early_rule){
        .section = text_format("device %s", PCI_ADDRESS_FORMAT(request->device)),
        .file = text_format(EARLY_DIRECTORY "/%s.conf", PCI_ADDRESS_FORMAT(request->device)),
        .by = EARLY_BY_ADDRESS,
        .address = request->device,
        .with = request->with,
        .boot_display = request->boot_display,
    };
    return larger->section && larger->file ? 0 : -ENOMEM;
}

static void drop_last(struct early_state *state) {
    struct early_rule *rule = last_rule(state);

    free(rule->section);
    free(rule->file);
    free(rule->path);
    state->rules.count--;
}

static char *make_section(const struct early_request *request, const struct early_device *device) {
    char serial[PCI_SERIAL_TEXT_MAX];

    switch (request->by) {
    case EARLY_BY_ADDRESS:
        return text_format("device %s", PCI_ADDRESS_FORMAT(device->address));
    case EARLY_BY_ID:
        return text_format("id %04x:%04x", device->id.vendor, device->id.device);
    case EARLY_BY_SERIAL:
        pci_serial_format(device->serial, serial);
        return text_format("serial %s", serial);
    case EARLY_BY_PATH:
        return text_format("path %s", device->path);
    }
    return NULL;
}

/* Has the rule name the device the way that was asked for. */
static int name_device(struct early_rule *rule, const struct early_request *request,
                       const struct early_device *device) {
    free(rule->section);
    rule->section = make_section(request, device);
    rule->by = request->by;
    rule->has_id = true;
    rule->id = device->id;
    rule->serial = device->serial;
    rule->path = device->path ? strdup(device->path) : NULL;
    return rule->section && (rule->path || !device->path) ? 0 : -ENOMEM;
}

/* ---- whether it can be ----------------------------------------------------------------------- */

static int refuse_reserved(const struct early_request *request, const struct early_rule *rule,
                           struct error *error) {
    _cleanup_free_ char *device = device_text(request->device);
    _cleanup_free_ char *text = early_state_rule_text(rule);

    return device && text
               ? error_set(error, EALREADY, "%s is reserved already, by %s", device, text)
               : error_oom(error);
}

/* What a file would have to say, the command line has an option for. */
static char *in_options(const char *why) {
    static const struct {
        const char *setting, *option;
    } options[] = {{"boot-display = yes", "--boot-display"}, {"with = slot", "--with slot"}};

    for (size_t i = 0; i < ELEMENTS(options); i++) {
        const char *place = strstr(why, options[i].setting);

        if (place)
            return text_format("%.*s%s%s", (int)(place - why), why, options[i].option,
                               place + strlen(options[i].setting));
    }
    return strdup(why);
}

/* The sentence of a verdict that is not what was wanted. */
static int refuse(const struct early_verdict *verdict, struct error *error) {
    _cleanup_free_ char *device = device_text(verdict->address), *why = in_options(verdict->why);

    if (verdict->outcome == EARLY_MISSING)
        return error_set(error, ENODEV, "%s: lspci -D lists what there is", verdict->why);
    return device && why ? error_set(error, EPERM, "%s cannot be reserved: %s", device, why)
                         : error_oom(error);
}

/* What the last rule makes of the device. */
static int judge(const struct early_state *state, struct pci_address device, struct error *error) {
    const struct early_rule *rule = &state->rules.items[state->rules.count - 1];
    const struct early_verdict *negative = NULL;

    for (size_t i = 0; i < state->plan.count; i++) {
        const struct early_verdict *verdict = &state->plan.verdicts[i];

        if (verdict->rule != rule)
            continue;
        if (verdict->outcome == EARLY_RESERVE && pci_address_equal(verdict->address, device))
            return 0;
        if (verdict->why && (!negative || pci_address_equal(verdict->address, device)))
            negative = verdict;
    }
    return negative ? refuse(negative, error)
                    : error_set(error, ENODEV, "%s is none of what [%s] names",
                                PCI_ADDRESS_FORMAT(device), rule->section);
}

static int refuse_file(const struct early_rule *rule, struct error *error) {
    return error_set(error, EEXIST,
                     "%s is there already, and does not reserve the device: correct it, or remove "
                     "it first",
                     rule->file);
}

/* Whether the device can be named so at all. */
static int check_way(const struct early_request *request, const struct early_device *device,
                     struct error *error) {
    const struct pci_address_text address = pci_address_format(device->address);

    if (request->by == EARLY_BY_SERIAL && !device->serial)
        return error_set(error, EINVAL,
                         "%s has no serial number: --by path finds it in the same slot again",
                         address.text);
    if (request->by == EARLY_BY_PATH && !device->path)
        return error_set(error, EINVAL, "%s has no path of bridges: --by address names it",
                         address.text);
    if (device->is_vf && (request->by == EARLY_BY_SERIAL || request->by == EARLY_BY_PATH))
        return error_set(error, EINVAL,
                         "%s is a virtual function, which shows serial number and path of the "
                         "physical one: say vf = NUMBER in a section for that",
                         address.text);
    return 0;
}

static int plan_named(struct early_state *state, const struct early_request *request,
                      struct error *error) {
    const struct early_device *device;
    int r = early_state_plan(state, error);

    if (r >= 0)
        r = judge(state, request->device, error);
    if (r < 0)
        return r;
    device = early_host_device(&state->host, request->device);
    r = check_way(request, device, error);
    if (r < 0)
        return r;
    if (name_device(last_rule(state), request, device) < 0)
        return error_oom(error);
    r = early_state_plan(state, error);
    if (r >= 0)
        r = judge(state, request->device, error);
    return r >= 0 && access(last_rule(state)->file, F_OK) == 0
               ? refuse_file(last_rule(state), error)
               : r;
}

int early_reserve_plan(struct early_state *state, const struct early_request *request,
                       struct error *error) {
    const struct early_verdict *there = early_state_reserved(state, request->device);
    int r;

    if (there && (size_t)(there->rule - state->rules.items) >= state->known)
        return EARLY_RESERVE_COVERED;
    if (there)
        return refuse_reserved(request, there->rule, error);
    if (append(state, request) < 0)
        return error_oom(error);
    r = plan_named(state, request, error);
    if (r < 0) {
        _cleanup_error_ struct error again = {0};

        early_plan_done(&state->plan);
        drop_last(state);
        if (early_state_plan(state, &again) < 0)
            error_move(error, &again);
    }
    return r;
}
