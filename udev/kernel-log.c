/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "text.h"

/* Opened for each line: the kernel limits how many come from one opening. */
static void send_line(const char *line) {
    _cleanup_close_ int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && write(fd, line, strlen(line)) < 0)
        return;
}

void kernel_log(int priority, const char *format, ...) {
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
    line = text_format("<%d>hostdevctl: %s\n", LOG_DAEMON | priority, text);
    if (line)
        send_line(line);
}
