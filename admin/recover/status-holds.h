/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a VM holds, by its journal, in the words of "hostdevctl status". */

#include "holdings.h"

/* Calls `add` with each thing: what kind it is ("device", "vCPUs"), and which. Until it returns
 * other than 0; returns that. -ENOMEM. */
typedef int (*holds_add)(void *data, const char *kind, const char *what);
int holds_list(const struct journal *journal, holds_add add, void *data) _must_check_;

/* The same for a script: an object, owned by the caller, NULL for lack of memory. */
struct json_object *holds_to_json(const struct holding *holding) _must_check_;

/* "runs", "starting", "gone"; of what is detached or attached by hand "by hand", "at work", "cut
 * short"; of either "newer", "copy", "damaged", "unreadable". */
const char *holds_state(const struct holding *holding);
