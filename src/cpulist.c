/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpulist.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

unsigned cpulist_next(const struct cpulist *list, unsigned from) {
    size_t word = from / 64;
    uint64_t bits;

    if (from >= CPULIST_MAX)
        return CPULIST_MAX;
    bits = list->bits[word] & ~UINT64_C(0) << (from % 64);
    while (!bits && ++word < ELEMENTS(list->bits))
        bits = list->bits[word];
    return bits ? (unsigned)(64 * word) + (unsigned)__builtin_ctzll(bits) : CPULIST_MAX;
}

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

bool cpulist_equal(const struct cpulist *a, const struct cpulist *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

bool cpulist_contains(const struct cpulist *list, const struct cpulist *part) {
    for (size_t i = 0; i < ELEMENTS(list->bits); i++)
        if (part->bits[i] & ~list->bits[i])
            return false;
    return true;
}

unsigned cpulist_count(const struct cpulist *list) {
    unsigned count = 0;

    for (size_t i = 0; i < ELEMENTS(list->bits); i++)
        count += (unsigned)__builtin_popcountll(list->bits[i]);
    return count;
}

void cpulist_add_all(struct cpulist *list, const struct cpulist *other) {
    for (size_t i = 0; i < ELEMENTS(list->bits); i++)
        list->bits[i] |= other->bits[i];
}

void cpulist_remove_all(struct cpulist *list, const struct cpulist *other) {
    for (size_t i = 0; i < ELEMENTS(list->bits); i++)
        list->bits[i] &= ~other->bits[i];
}

void cpulist_keep(struct cpulist *list, const struct cpulist *other) {
    for (size_t i = 0; i < ELEMENTS(list->bits); i++)
        list->bits[i] &= other->bits[i];
}

/* ---- texts --------------------------------------------------------------------------------- */

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

char *cpulist_format(const struct cpulist *list) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    const char *comma = "";

    if (!stream)
        return NULL;
    CPULIST_FOREACH(first, list) {
        unsigned last = first;

        while (cpulist_has(list, last + 1))
            last++;
        fprintf(stream, last > first ? "%s%u-%u" : "%s%u", comma, first, last);
        comma = ",";
        first = last;
    }
    return fclose(stream) == 0 ? text : (free(text), NULL);
}

/* The digits of a mask are read from the lowest up; commas mean nothing. */
int cpulist_parse_mask(const char *text, struct cpulist *ret) {
    const char *end = text + strlen(text);
    struct cpulist list = {0};
    unsigned bit = 0;

    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    if (end == text)
        return -EINVAL;
    for (; end > text; end--) {
        unsigned char c = (unsigned char)end[-1];

        if (c == ',')
            continue;
        if (!isxdigit(c) || bit >= CPULIST_MAX)
            return -EINVAL;
        list.bits[bit / 64] |= (uint64_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10)
                               << (bit % 64);
        bit += 4;
    }
    *ret = list;
    return 0;
}

char *cpulist_format_mask(const struct cpulist *list) {
    char *text = NULL;
    size_t length, words = 1;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        return NULL;
    CPULIST_FOREACH(number, list)
    words = number / 32 + 1;
    for (size_t i = words; i-- > 0;)
        fprintf(stream, "%08x%s", (unsigned)(list->bits[i / 2] >> (i % 2 ? 32 : 0)), i ? "," : "");
    return fclose(stream) == 0 ? text : (free(text), NULL);
}
