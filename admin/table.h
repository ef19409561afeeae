/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A table for people: columns aligned below a header. On a terminal it has colours (unless NO_COLOR
 * is set, see no-color.org) and fits its width: what does not fit a cell goes on below. Elsewhere a
 * row is a line, whatever its length.
 */

#include "util.h"

enum table_colour {
    TABLE_PLAIN,
    TABLE_GOOD,
    TABLE_DOUBTFUL,
    TABLE_BAD,
};

struct table_column {
    const char *title;
    size_t least; /* it may be made this narrow; 0: it is as wide as what is in it */
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    size_t coloured; /* the column that a row's colour is for */
    struct table_row {
        char **cells;
        enum table_colour colour;
    } * rows;
    size_t row_count;
};

/* Adds a row. An empty cell, and NULL, is shown as "-". -ENOMEM. */
int table_add(struct table *table, enum table_colour colour,
              const char *const cells[]) _must_check_;

void table_print(const struct table *table, FILE *stream);

void table_done(struct table *table);

#define _cleanup_table_ _cleanup_(table_done)
