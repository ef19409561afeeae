/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#define GAP 2
#define COLUMNS_MAX 16

/* How a table is printed this time. */
struct layout {
    FILE *stream;
    bool colours;
    size_t widths[COLUMNS_MAX];
};

/* ---- rows ------------------------------------------------------------------------------------ */

static char *make_cell(const char *text) {
    char *cell = strdup(text && *text ? text : "-");

    for (char *c = cell; c && *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return cell;
}

int table_add(struct table *table, enum table_colour colour, const char *const cells[]) {
    struct table_row *larger = reallocarray(table->rows, table->row_count + 1, sizeof *table->rows);

    if (!larger)
        return -ENOMEM;
    table->rows = larger;
    larger += table->row_count;
    *larger = (struct table_row){calloc(table->column_count, sizeof *larger->cells), colour};
    if (!larger->cells)
        return -ENOMEM;
    table->row_count++;
    for (size_t i = 0; i < table->column_count; i++) {
        larger->cells[i] = make_cell(cells[i]);
        if (!larger->cells[i])
            return -ENOMEM;
    }
    return 0;
}

void table_done(struct table *table) {
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t j = 0; j < table->column_count; j++)
            free(table->rows[i].cells[j]);
        free(table->rows[i].cells);
    }
    free(table->rows);
    *table = (struct table){0};
}

/* ---- widths ---------------------------------------------------------------------------------- */

static bool begins_character(char c) {
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* In characters of UTF-8. */
static size_t width_of(const char *text, size_t length) {
    size_t width = 0;

    for (size_t i = 0; i < length; i++)
        width += begins_character(text[i]);
    return width;
}

static size_t column_width(const struct table *table, size_t column) {
    size_t width = width_of(table->columns[column].title, strlen(table->columns[column].title));

    for (size_t i = 0; i < table->row_count; i++) {
        const char *cell = table->rows[i].cells[column];

        if (width_of(cell, strlen(cell)) > width)
            width = width_of(cell, strlen(cell));
    }
    return width;
}

static size_t total_width(const struct table *table, const struct layout *layout) {
    size_t total = GAP * (table->column_count - 1);

    for (size_t i = 0; i < table->column_count; i++)
        total += layout->widths[i];
    return total;
}

/* What stays on one line: up to a blank, or with what paths and numbers are made of. */
static size_t word_length(const char *text) {
    size_t length = strcspn(text, " /-");

    return length + (text[length] == '/' || text[length] == '-');
}

static size_t longest_word(const char *text) {
    size_t longest = 0;

    while (*(text += strspn(text, " "))) {
        size_t length = word_length(text), width = width_of(text, length);

        longest = width > longest ? width : longest;
        text += length;
    }
    return longest;
}

/* How narrow a column may be without breaking words. */
static size_t words_width(const struct table *table, size_t column) {
    size_t width = longest_word(table->columns[column].title);

    for (size_t i = 0; i < table->row_count; i++) {
        size_t longest = longest_word(table->rows[i].cells[column]);

        width = longest > width ? longest : width;
    }
    return width;
}

/* Makes the widest column narrower, none below its least. false when there is nothing to be had. */
static bool make_narrower(const struct table *table, struct layout *layout, const size_t *least) {
    size_t *widest = NULL;

    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].least > 0 && layout->widths[i] > least[i] &&
            (!widest || layout->widths[i] > *widest))
            widest = &layout->widths[i];
    if (widest)
        --*widest;
    return widest;
}

/* Words are broken only when it has to be. */
static void fit(const struct table *table, struct layout *layout) {
    size_t words[COLUMNS_MAX], least[COLUMNS_MAX];
    struct winsize size;

    if (ioctl(fileno(layout->stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return;
    for (size_t i = 0; i < table->column_count; i++) {
        words[i] = words_width(table, i);
        least[i] = table->columns[i].least;
    }
    while (total_width(table, layout) > size.ws_col && make_narrower(table, layout, words))
        continue;
    while (total_width(table, layout) > size.ws_col && make_narrower(table, layout, least))
        continue;
}

/* ---- printing -------------------------------------------------------------------------------- */

/* How many bytes of a text are so wide. */
static size_t cut_length(const char *text, size_t width) {
    size_t length = 0;

    while (text[length] && width_of(text, length + 1) <= width)
        length++;
    return length;
}

/* How many bytes of a text go into a line: whole words, or what fits of a long one. */
static size_t line_length(const char *text, size_t width) {
    size_t end = 0, next = 0;

    while (text[next]) {
        next += strspn(text + next, " ");
        next += word_length(text + next);
        if (width_of(text, next) > width)
            break;
        end = next;
    }
    return end > 0 ? end : cut_length(text, width);
}

static const char *colour_code(enum table_colour colour) {
    static const char *const codes[] = {
        [TABLE_PLAIN] = "",
        [TABLE_GOOD] = "\033[32m",
        [TABLE_DOUBTFUL] = "\033[33m",
        [TABLE_BAD] = "\033[31m",
    };

    return codes[colour];
}

static void print_text(const struct layout *layout, const char *code, const char *text,
                       size_t length) {
    bool coloured = layout->colours && *code && length > 0;

    fprintf(layout->stream, "%s%.*s%s", coloured ? code : "", (int)length, text,
            coloured ? "\033[0m" : "");
}

/* One line of a row; `rests` is what is still to be printed of each cell. Blanks are put out when
 * something comes behind them. */
static bool print_line(const struct table *table, const struct layout *layout, const char **rests,
                       const char *const *codes) {
    size_t blanks = 0;
    bool more = false;

    for (size_t i = 0; i < table->column_count; i++) {
        size_t length = line_length(rests[i], layout->widths[i]);

        if (length > 0) {
            fprintf(layout->stream, "%*s", (int)blanks, "");
            print_text(layout, codes[i], rests[i], length);
            blanks = 0;
        }
        blanks += layout->widths[i] - width_of(rests[i], length) + GAP;
        rests[i] += length;
        rests[i] += strspn(rests[i], " ");
        more = more || *rests[i];
    }
    fputc('\n', layout->stream);
    return more;
}

static void print_header(const struct table *table, const struct layout *layout) {
    const char *titles[COLUMNS_MAX], *codes[COLUMNS_MAX];

    for (size_t i = 0; i < table->column_count; i++) {
        titles[i] = table->columns[i].title;
        codes[i] = "\033[1m";
    }
    print_line(table, layout, titles, codes);
}

static void print_row(const struct table *table, const struct layout *layout,
                      const struct table_row *row) {
    const char *rests[COLUMNS_MAX], *codes[COLUMNS_MAX];

    for (size_t i = 0; i < table->column_count; i++) {
        rests[i] = row->cells[i];
        codes[i] = colour_code(i == table->coloured ? row->colour : TABLE_PLAIN);
    }
    while (print_line(table, layout, rests, codes))
        continue;
}

void table_print(const struct table *table, FILE *stream) {
    const char *no_color = getenv("NO_COLOR");
    struct layout layout = {.stream = stream};

    for (size_t i = 0; i < table->column_count; i++)
        layout.widths[i] = column_width(table, i);
    if (isatty(fileno(stream))) {
        layout.colours = !no_color || !*no_color;
        fit(table, &layout);
    }
    print_header(table, &layout);
    for (size_t i = 0; i < table->row_count; i++)
        print_row(table, &layout, &table->rows[i]);
}
