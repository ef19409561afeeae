/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Lines for the kernel's log: the only one that is there when the first devices come, and that
 * anybody who debugs a boot reads. Priorities are syslog's.
 */

#include <syslog.h>

#include "util.h"

/* Never fails: a line that cannot be written is lost. */
void kernel_log(int priority, const char *format, ...) _printf_(2, 3);
