/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether an input device, by its directory in /sys, is a keyboard: 1 or 0 (also one that is gone),
 * or a negative errno when that cannot be read. */
int keyboard_is(int directory);

/* How many the host has, without those of which that cannot be told. */
unsigned keyboard_count(void);
