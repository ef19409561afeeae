/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the kinds of use report what they find; see in-use.c. Each check is called with the directory
 * in /sys of something below the device, and its name. */

#include "in-use.h"

/* Notes a user; the first one of the highest rank counts. */
void in_use_note(struct in_use *in_use, enum in_use_rank rank, const char *format, ...)
    _printf_(3, 4);

void in_use_check_disk(struct in_use *in_use, int directory, const char *name);
void in_use_check_interface(struct in_use *in_use, int directory, const char *name);
