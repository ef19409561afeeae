/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "text.h"

static const char *log_domain;

void log_open(const char *domain) {
    log_domain = domain;
}

/* One datagram, in the form that every syslog daemon and journald take on /dev/log. */
static void send_line(const char *line) {
    const struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        sendto(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&log,
               sizeof log);
}

void log_write(int priority, const char *format, ...) {
    _cleanup_free_ char *text = NULL, *line = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text = NULL;
        return;
    }
    line = text_format("<%d>hostdevctl[%d]: %s%s%s", LOG_DAEMON | priority, getpid(),
                       log_domain ? log_domain : "", log_domain ? ": " : "", text);
    if (line)
        send_line(line);
}
