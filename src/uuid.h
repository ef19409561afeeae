/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* UUIDs as libvirt writes them: 36 characters, lower case, dashes at their places. */

#include "util.h"

/* Reads 32 hexadecimal digits with the dashes at their places or with none, in either case (libvirt
 * takes both), blanks around them allowed, and writes the usual form with its NUL to `ret`, 37
 * bytes. -EINVAL when it is no UUID. */
int uuid_normalize(const char *text, char ret[static 37]) _must_check_;
