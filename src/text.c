/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define PRINTABLE_MAX 80

char *text_format(const char *format, ...) {
    char *text;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return length < 0 ? NULL : text;
}

static bool is_plain(unsigned char c, bool first) {
    /* isalnum would ask the locale; names are bytes here. */
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("_:@+-", c)) || (c == '.' && !first);
}

char *text_escape_file_name(const char *text) {
    char *escaped = malloc(4 * strlen(text) + 1), *end = escaped;

    if (!escaped)
        return NULL;
    for (const char *c = text; *c; c++)
        if (is_plain((unsigned char)*c, c == text))
            *end++ = *c;
        else
            end += sprintf(end, "\\x%02x", (unsigned)(unsigned char)*c);
    *end = '\0';
    return escaped;
}

char *text_printable(const char *text) {
    size_t length = strlen(text);
    bool cut = length > PRINTABLE_MAX;
    char *copy = text_format("%.*s%s", PRINTABLE_MAX, text, cut ? "..." : "");

    if (copy)
        for (char *c = copy; *c; c++)
            if (iscntrl((unsigned char)*c))
                *c = '?';
    return copy;
}
