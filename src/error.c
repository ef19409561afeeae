/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int error_set(struct error *error, int code, const char *format, ...) {
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);

    /* Only now: the arguments may point into the old text. */
    error_clear(error);
    error->code = code;
    error->text = text;
    return -code;
}

int error_oom(struct error *error) {
    return error_set(error, ENOMEM, "out of memory");
}

const char *error_text(const struct error *error) {
    return error->text ? error->text : strerror(error->code);
}

void error_move(struct error *to, struct error *from) {
    error_clear(to);
    *to = *from;
    *from = (struct error){0};
}

void error_clear(struct error *error) {
    free(error->text);
    *error = (struct error){0};
}
