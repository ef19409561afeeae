/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <stdarg.h>

static const char *log_domain;

void log_open(const char *domain) {
    log_domain = domain;
    openlog("hostdevctl", LOG_PID, LOG_DAEMON);
}

void log_close(void) {
    closelog();
}

void log_write(int priority, const char *format, ...) {
    _cleanup_free_ char *text = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text = NULL;
        return;
    }
    if (log_domain)
        syslog(priority, "%s: %s", log_domain, text);
    else
        syslog(priority, "%s", text);
}
