/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The sections and keys of one file in early.d. */

#include "early-rule.h"
#include "error.h"

struct early_file {
    const char *path;
    struct early_rules rules;
};

/* One setting, as conf_setting (conf-file.h); `file` is a struct early_file. */
int early_set(void *file, const char *section, const char *name, const char *value,
              struct error *error) _must_check_;

/* What can be told only when a section is complete; a sentence without file and line. */
int early_check(const struct early_rule *rule, struct error *error) _must_check_;
