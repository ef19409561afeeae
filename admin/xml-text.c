/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml-text.h"

#include <stdbool.h>

static bool continues(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t xml_character_length(const char *text, size_t length) {
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

void xml_text_write(FILE *stream, const char *text, size_t length) {
    for (size_t i = 0, n; i<length; i += n> 0 ? n : 1) {
        n = xml_character_length(text + i, length - i);
        if (n > 0)
            write_character(stream, text + i, n);
        else
            fputc('?', stream);
    }
}
