/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "svg-text.h"

#include <ctype.h>
#include <string.h>

#include "text.h"

#define ELLIPSIS "\u2026"

/* ---- characters ------------------------------------------------------------------------------ */

static bool continues(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The bytes of the character that `text` begins with; 0: it is no UTF-8 that XML can have. */
static size_t character_length(const char *text, size_t length) {
    unsigned char first = (unsigned char)*text;
    size_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (first > 0xf4 || first < 0x20 || first == 0x7f || n > length)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (!continues(text[i]))
            return 0;
    /* Too long for what it says, surrogates, and what is no character. */
    if ((first == 0xe0 && (unsigned char)text[1] < 0xa0) ||
        (first == 0xed && (unsigned char)text[1] > 0x9f) ||
        (first == 0xef && (unsigned char)text[1] == 0xbf && (unsigned char)text[2] > 0xbd) ||
        (first == 0xf0 && (unsigned char)text[1] < 0x90) ||
        (first == 0xf4 && (unsigned char)text[1] > 0x8f))
        return 0;
    return n;
}

static size_t step(const char *text, size_t length) {
    size_t n = character_length(text, length);

    return n > 0 ? n : 1;
}

/* In thousandths of the font's size. */
static int character_width(const char *text) {
    unsigned char c = (unsigned char)*text;

    if (c >= 0x80 || strchr("mwMW@%", c))
        return 1000;
    if (strchr("ijltfrIJ.,:;/-()[]!'|", c))
        return 420;
    if (c == ' ')
        return 330;
    return isupper(c) ? 800 : islower(c) || isdigit(c) ? 645 : 840;
}

/* ---- lines ----------------------------------------------------------------------------------- */

int svg_text_width(struct svg_font font, const char *text, size_t length) {
    int width = 0;

    for (size_t i = 0; i < length; i += step(text + i, length - i))
        width += character_width(text + i);
    if (font.bold)
        width += width / 8;
    return (width * font.size + 999) / 1000;
}

static size_t fitting(struct svg_font font, const char *text, int width) {
    size_t length = strlen(text), end = 0;

    while (end < length) {
        size_t next = end + step(text + end, length - end);

        if (svg_text_width(font, text, next) > width)
            break;
        end = next;
    }
    return end;
}

size_t svg_text_line(struct svg_font font, const char *text, int width) {
    size_t length = strlen(text), end = fitting(font, text, width), word = end;

    if (end == length)
        return length;
    while (word > 0 && text[word] != ' ')
        word--;
    if (word > 0)
        return word;
    return end > 0 ? end : step(text, length);
}

char *svg_text_shorten(struct svg_font font, const char *text, int width) {
    size_t length = fitting(font, text, width);

    if (text[length] == '\0')
        return strdup(text);
    length = fitting(font, text, width - svg_text_width(font, ELLIPSIS, strlen(ELLIPSIS)));
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return text_format("%.*s" ELLIPSIS, (int)length, text);
}

/* ---- XML ------------------------------------------------------------------------------------- */

static void write_character(FILE *stream, const char *text, size_t length) {
    switch (*text) {
    case '&':
        fputs("&amp;", stream);
        break;
    case '<':
        fputs("&lt;", stream);
        break;
    case '>':
        fputs("&gt;", stream);
        break;
    case '"':
        fputs("&quot;", stream);
        break;
    case '\'':
        fputs("&#39;", stream);
        break;
    default:
        fwrite(text, 1, length, stream);
    }
}

void svg_text_write(FILE *stream, const char *text, size_t length) {
    for (size_t i = 0; i < length; i += step(text + i, length - i)) {
        size_t n = character_length(text + i, length - i);

        if (n > 0)
            write_character(stream, text + i, n);
        else
            fputc('?', stream);
    }
}
