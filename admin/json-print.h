/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What --json prints. */

#include <json-c/json_object.h>

#include "util.h"

/* Prints it for scripts, and fit to be read. -ENOMEM, also for NULL. */
int json_print(struct json_object *object) _must_check_;
