/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* Whether an input device, by its directory in /sys, is a keyboard, and no other one is there. */
bool keyboard_is_the_only_one(int directory);
