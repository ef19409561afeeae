/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What goes to standard error: sentences for a person, in order with what is on standard output. */

#include <stdbool.h>

#include "util.h"

/* "hostdevctl: ..." */
void say_error(const char *format, ...) _printf_(1, 2);

/* "hostdevctl: warning: ...": it was done all the same. */
void say_warning(const char *format, ...) _printf_(1, 2);

/* Whether the caller is not root, and so cannot do what `command` does; that is said then. */
bool say_root_is_needed(const char *command);
