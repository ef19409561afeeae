/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "section-cut.h"

#include <string.h>

enum kind {
    LINE_BLANK,
    LINE_COMMENT,
    LINE_HEADER,
    LINE_SETTING,
};

/* With its newline, if it has one. */
static size_t line_length(const char *line) {
    const char *newline = strchr(line, '\n');

    return newline ? (size_t)(newline - line) + 1 : strlen(line);
}

static enum kind kind_of(const char *line) {
    line += strspn(line, " \t\r\v\f");
    switch (*line) {
    case '\0':
    case '\n':
        return LINE_BLANK;
    case '#':
    case ';':
        return LINE_COMMENT;
    case '[':
        return LINE_HEADER;
    default:
        return LINE_SETTING;
    }
}

char *section_cut(const char *text, const bool *doomed, size_t count) {
    char *copy = malloc(strlen(text) + 1), *end = copy;
    bool cutting = false, blank = true, cut_before = false;
    size_t section = 0;

    while (copy && *text) {
        size_t length = line_length(text);
        enum kind kind = kind_of(text);

        if (kind == LINE_HEADER) {
            cutting = section < count && doomed[section];
            section++;
        }
        if (cutting && (kind == LINE_HEADER || kind == LINE_SETTING)) {
            cut_before = true;
        } else if (kind != LINE_BLANK || !blank || !cut_before) {
            memcpy(end, text, length);
            end += length;
            blank = kind == LINE_BLANK;
            cut_before = false;
        }
        text += length;
    }
    if (copy)
        *end = '\0';
    return copy;
}

size_t section_count(const char *text) {
    size_t count = 0;

    for (; *text; text += line_length(text))
        count += kind_of(text) == LINE_HEADER;
    return count;
}

bool section_nothing_but(const char *text, const char *mark) {
    for (; *text; text += line_length(text))
        if (kind_of(text) != LINE_BLANK && strncmp(text, mark, strlen(mark)) != 0)
            return false;
    return true;
}
