/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The options of a verb: long ones, anywhere on the line, as a table. */

#include <stdbool.h>

#include "util.h"

struct option_row {
    const char *name;   /* without its dashes */
    bool *flag;         /* set when it is there; or */
    const char **value; /* set to what follows it, "--file X" or "--file=X" */
};

/* Reads the options out of argv, and moves all else behind them. The index of the first operand;
 * negative for what is no option, or lacks its value: that has been said then, in the name of
 * `verb` ("early list"). */
int options_parse(const char *verb, const struct option_row *rows, size_t count, int argc,
                  char **argv) _must_check_;
