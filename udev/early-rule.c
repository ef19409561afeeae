/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-rule.h"

void early_rules_done(struct early_rules *rules) {
    for (size_t i = 0; i < rules->count; i++) {
        free(rules->items[i].section);
        free(rules->items[i].file);
        free(rules->items[i].path);
    }
    free(rules->items);
    *rules = (struct early_rules){0};
}
