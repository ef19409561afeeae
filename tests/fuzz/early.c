/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of early.d: taken or refused, and what udev's rules say of it is well-formed. */
#include "fuzz.h"

#include <string.h>

#include "early-settings.h"
#include "early-udev.h"
#include "pci-path.h"
#include "sections.h"

static void check_rule(const struct early_rule *rule) {
    REQUIRE(rule->section && rule->file);
    REQUIRE(!rule->has_vfs || rule->first_vf <= rule->last_vf);
    REQUIRE(rule->sriov_vfs == 0 || !rule->has_vfs || rule->last_vf < rule->sriov_vfs);
    REQUIRE(rule->with == EARLY_WITH_NOTHING || !early_rule_is_about_vfs(rule));
    switch (rule->by) {
    case EARLY_BY_ADDRESS:
        REQUIRE(rule->address.slot < 32 && rule->address.function < 8);
        break;
    case EARLY_BY_SERIAL:
        REQUIRE(rule->serial != 0 && rule->has_id);
        break;
    case EARLY_BY_ID:
        REQUIRE(rule->has_id);
        break;
    case EARLY_BY_PATH:
        REQUIRE(rule->path && pci_path_valid(rule->path));
        break;
    }
}

/* Lines of three kinds, each with its quotes in pairs. */
static void check_udev(const struct early_rules *rules) {
    struct early_plan plan = {0};
    _cleanup_free_ char *text = early_udev_rules(rules, &plan);
    size_t named = 0;

    REQUIRE(text);
    for (char *rest = text, *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        size_t quotes = 0;

        for (const char *c = line; *line != '#' && *c; c++) {
            REQUIRE((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f);
            quotes += *c == '"';
        }
        REQUIRE(quotes % 2 == 0);
        named += strstr(line, "RUN+=") != NULL;
    }
    REQUIRE(named == rules->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    _cleanup_error_ struct error error = {0};
    struct early_file file = {.path = "fuzz.conf"};
    bool sound = sections_read(data, size, early_set, &file, &error) == 0;

    for (size_t i = 0; sound && i < file.rules.count; i++) {
        int r = early_check(&file.rules.items[i], &error);

        fuzz_require_told(r, &error);
        sound = r == 0;
        if (sound)
            check_rule(&file.rules.items[i]);
    }
    if (sound)
        check_udev(&file.rules);
    early_rules_done(&file.rules);
    return 0;
}
