/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shell-quote.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_plain(const char *word) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_@%+=:,./-";

    return *word && word[strspn(word, plain)] == '\0';
}

char *shell_quote(const char *word) {
    /* A quote ends what is quoted, stands behind a backslash, and begins it again. */
    static const char quote[] = "'\\''";
    char *quoted, *to;

    if (is_plain(word))
        return strdup(word);
    quoted = to = calloc(strlen(word) * strlen(quote) + sizeof "''", 1);
    if (!quoted)
        return NULL;
    *to++ = '\'';
    for (; *word; word++)
        if (*word == '\'')
            to = stpcpy(to, quote);
        else
            *to++ = iscntrl((unsigned char)*word) ? '?' : *word;
    stpcpy(to, "'");
    return quoted;
}
