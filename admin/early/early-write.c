/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-write.h"

#include <errno.h>
#include <string.h>

#include "conf-write.h"
#include "device-text.h"
#include "text.h"

static char *make_text(const struct early_rule *rule, const char *verb) {
    static const char *const with[] = {
        [EARLY_WITH_NOTHING] = "",
        [EARLY_WITH_SLOT] = "with = slot\n",
        [EARLY_WITH_GROUP] = "with = iommu-group\n",
    };
    _cleanup_free_ char *device = device_text(rule->address);
    char id[32] = "";

    if (rule->by != EARLY_BY_ID)
        snprintf(id, sizeof id, "id = %04x:%04x\n", rule->id.vendor, rule->id.device);
    return device
               ? text_format(EARLY_WRITE_MARK "%s': %s\n[%s]\n%s%s%s", verb, device, rule->section,
                             id, with[rule->with], rule->boot_display ? "boot-display = yes\n" : "")
               : NULL;
}

int early_write(const struct early_rule *rule, const char *verb, struct error *error) {
    _cleanup_free_ char *text = make_text(rule, verb);
    _cleanup_close_ int directory = conf_write_directory(EARLY_DIRECTORY, error);
    int r;

    if (directory < 0)
        return directory;
    if (!text)
        return error_oom(error);
    r = conf_write_new(directory, strrchr(rule->file, '/') + 1, rule->file, text, error);
    return r == -EEXIST ? error_set(error, EEXIST, "%s has come to be there meanwhile: try again",
                                    rule->file)
                        : r;
}

int early_write_report(const struct early_state *state, size_t i) {
    const struct early_rule *rule = &state->rules.items[i];
    bool first = true;

    for (size_t j = 0; j < state->plan.count; j++) {
        const struct early_verdict *verdict = &state->plan.verdicts[j];
        _cleanup_free_ char *device = NULL;

        if (verdict->rule != rule || verdict->outcome != EARLY_RESERVE)
            continue;
        device = device_text(verdict->address);
        if (!device)
            return -ENOMEM;
        if (first)
            printf("%s, [%s]:\n", rule->file, rule->section);
        printf("  %s\n", device);
        first = false;
    }
    return 0;
}
