/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "say.h"

#include <ctype.h>
#include <stdarg.h>

/* A sentence may quote a file or an argument: whatever these hold, it stays one line of text. */
static _printf_(2, 0) void say(const char *kind, const char *format, va_list arguments) {
    _cleanup_free_ char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    for (char *c = text; c && *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    fflush(stdout);
    fprintf(stderr, "hostdevctl: %s%s\n", kind, text ? text : "out of memory");
}

void say_error(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    say("", format, arguments);
    va_end(arguments);
}

void say_warning(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    say("warning: ", format, arguments);
    va_end(arguments);
}

bool say_root_is_needed(const char *command) {
    if (geteuid() == 0)
        return false;
    say_error("only root can do this: sudo %s", command);
    return true;
}
