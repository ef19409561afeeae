/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* Whether an input device, by its directory in /sys, is a keyboard. */
bool keyboard_is(int directory);

/* How many the host has. */
unsigned keyboard_count(void);
