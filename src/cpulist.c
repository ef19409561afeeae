/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpulist.h"

#include <ctype.h>
#include <errno.h>

bool cpulist_empty(const struct cpulist *list) {
    for (size_t i = 0; i < ELEMENTS(list->bits); i++)
        if (list->bits[i])
            return false;
    return true;
}

bool cpulist_intersects(const struct cpulist *a, const struct cpulist *b) {
    for (size_t i = 0; i < ELEMENTS(a->bits); i++)
        if (a->bits[i] & b->bits[i])
            return true;
    return false;
}

static const char *skip_blanks(const char *text) {
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static int parse_number(const char **text, unsigned *ret) {
    unsigned value = 0;

    if (!isdigit((unsigned char)**text))
        return -EINVAL;
    for (; isdigit((unsigned char)**text); (*text)++) {
        value = 10 * value + (unsigned)(**text - '0');
        if (value >= CPULIST_MAX)
            return -ERANGE;
    }
    *ret = value;
    return 0;
}

/* One number or range, from the first to the last that it stands for. */
static int parse_range(const char **text, unsigned *first, unsigned *last) {
    int r = parse_number(text, first);

    if (r < 0)
        return r;
    *last = *first;
    *text = skip_blanks(*text);
    if (**text != '-')
        return 0;
    *text = skip_blanks(*text + 1);
    r = parse_number(text, last);
    return r < 0 ? r : *last < *first ? -EINVAL : 0;
}

static void apply_range(struct cpulist *list, bool out, unsigned first, unsigned last) {
    for (unsigned number = first; number <= last; number++)
        if (out)
            cpulist_remove(list, number);
        else
            cpulist_add(list, number);
}

int cpulist_parse(const char *text, struct cpulist *ret) {
    struct cpulist list = {0};

    text = skip_blanks(text);
    if (!*text) {
        *ret = list;
        return 0;
    }
    for (;;) {
        unsigned first, last;
        bool out = *text == '^';
        int r;

        text = out ? skip_blanks(text + 1) : text;
        r = parse_range(&text, &first, &last);
        if (r < 0)
            return r;
        apply_range(&list, out, first, last);
        text = skip_blanks(text);
        if (!*text)
            break;
        if (*text != ',')
            return -EINVAL;
        text = skip_blanks(text + 1);
    }
    *ret = list;
    return 0;
}
