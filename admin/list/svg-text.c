/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "svg-text.h"

#include <ctype.h>
#include <string.h>

#include "text.h"
#include "xml-text.h"

#define ELLIPSIS "\u2026"

/* ---- characters ------------------------------------------------------------------------------ */

static size_t step(const char *text, size_t length) {
    size_t n = xml_character_length(text, length);

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
