/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The sections and keys of the configuration, one function or row a key. */

#include "policy.h"

/* Takes one `name = value`, or the beginning of a section, into `policy`, a struct policy; a
 * conf_setting (conf-file.h). */
int policy_set(void *policy, const char *section, const char *name, const char *value,
               struct error *error) _must_check_;
