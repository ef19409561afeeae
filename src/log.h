/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the hook has to tell beyond its one sentence: libvirt drops the hook's stderr when the exit
 * code is 0, so warnings and details go to the system log (facility daemon, identifier hostdevctl).
 */

#include <syslog.h>

#include "util.h"

/* Names every line after the VM it is about; `domain` must outlive the log. NULL: no VM. */
void log_open(const char *domain);

/* `priority` is syslog's: LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERR. Never fails, and never waits:
 * a line that a stuck log daemon cannot take is lost, where syslog(3) would hang, and libvirtd with
 * it. */
void log_write(int priority, const char *format, ...) _printf_(2, 3);

#define log_notice(...) log_write(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
