/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpumask.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define WORDS ELEMENTS(((struct cpumask *)NULL)->words)

struct cpumask cpumask_and(const struct cpumask *a, const struct cpumask *b) {
    struct cpumask both = *a;

    for (size_t i = 0; i < WORDS; i++)
        both.words[i] &= b->words[i];
    return both;
}

struct cpumask cpumask_or(const struct cpumask *a, const struct cpumask *b) {
    struct cpumask any = *a;

    for (size_t i = 0; i < WORDS; i++)
        any.words[i] |= b->words[i];
    return any;
}

struct cpumask cpumask_without(const struct cpumask *a, const struct cpumask *b) {
    struct cpumask rest = *a;

    for (size_t i = 0; i < WORDS; i++)
        rest.words[i] &= ~b->words[i];
    return rest;
}

bool cpumask_empty(const struct cpumask *mask) {
    for (size_t i = 0; i < WORDS; i++)
        if (mask->words[i])
            return false;
    return true;
}

bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b) {
    for (size_t i = 0; i < WORDS; i++)
        if (a->words[i] & b->words[i])
            return true;
    return false;
}

bool cpumask_subset(const struct cpumask *part, const struct cpumask *whole) {
    for (size_t i = 0; i < WORDS; i++)
        if (part->words[i] & ~whole->words[i])
            return false;
    return true;
}

unsigned cpumask_count(const struct cpumask *mask) {
    unsigned count = 0;

    for (size_t i = 0; i < WORDS; i++)
        count += (unsigned)__builtin_popcountll(mask->words[i]);
    return count;
}

unsigned cpumask_next(const struct cpumask *mask, unsigned from) {
    for (unsigned i = from / 64; i < WORDS; i++) {
        uint64_t word = mask->words[i];

        if (i == from / 64)
            word &= ~UINT64_C(0) << (from % 64);
        if (word)
            return i * 64 + (unsigned)__builtin_ctzll(word);
    }
    return CPUMASK_BITS;
}

/* ---- lists ------------------------------------------------------------------------------------
 */

static int parse_bit(const char **text, unsigned bits, unsigned long *ret) {
    char *end;

    if (**text == 'N') {
        ++*text;
        *ret = bits - 1;
        return 0;
    }
    if (!isdigit((unsigned char)**text))
        return -EINVAL;
    errno = 0;
    *ret = strtoul(*text, &end, 10);
    *text = end;
    return errno ? -ERANGE : 0;
}

/* "4", "4-7", "4-31:2/8": of every eight the first two. */
static int parse_range(const char **text, unsigned bits, struct cpumask *mask) {
    unsigned long first = 0, last, used = 1, group = 1;
    int r = parse_bit(text, bits, &first);

    last = first;
    if (r == 0 && **text == '-') {
        ++*text;
        r = parse_bit(text, bits, &last);
    }
    if (r == 0 && **text == ':') {
        ++*text;
        r = parse_bit(text, bits, &used);
        if (r == 0 && *(*text)++ != '/')
            return -EINVAL;
        if (r == 0)
            r = parse_bit(text, bits, &group);
    }
    if (r < 0)
        return r;
    if (first > last || group == 0 || used > group)
        return -EINVAL;
    if (last >= bits)
        return -ERANGE;
    for (unsigned long bit = first; bit <= last; bit++)
        if ((bit - first) % group < used)
            cpumask_set(mask, (unsigned)bit);
    return 0;
}

static const char *skip_separators(const char *text) {
    while (*text == ',' || isspace((unsigned char)*text))
        text++;
    return text;
}

int cpumask_parse_list(const char *text, unsigned bits, struct cpumask *ret) {
    *ret = (struct cpumask){0};
    for (text = skip_separators(text); *text; text = skip_separators(text)) {
        int r = parse_range(&text, bits, ret);

        if (r < 0)
            return r;
        if (*text && *text != ',' && !isspace((unsigned char)*text))
            return -EINVAL;
    }
    return 0;
}

void cpumask_show_list(const struct cpumask *mask, struct text *out) {
    const char *comma = "";

    for (unsigned first = cpumask_next(mask, 0); first < CPUMASK_BITS;) {
        unsigned last = first;

        while (cpumask_has(mask, last + 1))
            last++;
        if (first == last)
            text_add(out, "%s%u", comma, first);
        else
            text_add(out, "%s%u-%u", comma, first, last);
        comma = ",";
        first = cpumask_next(mask, last + 1);
    }
}

/* ---- hexadecimal masks ------------------------------------------------------------------------
 */

static void put_digit(struct cpumask *mask, unsigned position, unsigned digit) {
    mask->words[position / 16] |= (uint64_t)digit << (position % 16 * 4);
}

static unsigned digit_of(char c) {
    return isdigit((unsigned char)c) ? (unsigned)(c - '0')
                                     : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

/* Chunks of up to eight digits, from the last one to the first. */
static int parse_chunks(const char *text, size_t length, struct cpumask *ret) {
    unsigned position = 0, in_chunk = 0;

    for (const char *c = text + length; c-- > text;) {
        if (*c == ',') {
            position += 8 - in_chunk;
            in_chunk = 0;
            continue;
        }
        if (!isxdigit((unsigned char)*c))
            return -EINVAL;
        if (++in_chunk > 8 || (position >= CPUMASK_BITS / 4 && *c != '0'))
            return -EOVERFLOW;
        if (position < CPUMASK_BITS / 4)
            put_digit(ret, position, digit_of(*c));
        position++;
    }
    return 0;
}

int cpumask_parse_hex(const char *text, unsigned bits, struct cpumask *ret) {
    size_t length;
    int r;

    *ret = (struct cpumask){0};
    while (isspace((unsigned char)*text))
        text++;
    length = strcspn(text, " \t\n");
    if (length == 0)
        return -EINVAL;
    r = parse_chunks(text, length, ret);
    if (r == 0 && cpumask_next(ret, bits) < CPUMASK_BITS)
        r = -EOVERFLOW;
    return r;
}

void cpumask_show_hex(const struct cpumask *mask, unsigned bits, struct text *out) {
    unsigned chunks = (bits + 31) / 32, digits = (bits % 32 ? bits % 32 + 3 : 32) / 4;

    for (unsigned i = chunks; i-- > 0;) {
        text_add(out, "%0*x", (int)digits, (unsigned)(mask->words[i / 2] >> (i % 2 * 32)));
        digits = 8;
        if (i > 0)
            text_add(out, ",");
    }
}
