/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What checks have found: a line for each point, with a state, and for what is not all right what
 * to do about it.
 */

#include <stdbool.h>

#include "util.h"

enum check_state {
    CHECK_OK,
    CHECK_WARN, /* it works, but something is amiss, or cannot be told */
    CHECK_FAIL, /* VMs will not get their devices */
};

struct check_finding {
    const char *point;
    enum check_state state;
    char *what;
    char *fix; /* NULL: there is nothing to do */
};

struct check_report {
    const char *point; /* that what is added next is about; a string constant */
    struct check_finding *items;
    size_t count;
};

/* Adds a line. The strings are handed over; NULL counts as lack of memory: -ENOMEM. Control
 * characters in them become '?'. */
int check_ok(struct check_report *report, char *what) _must_check_;
int check_warn(struct check_report *report, char *what, char *fix) _must_check_;
int check_fail(struct check_report *report, char *what, char *fix) _must_check_;

/* FAIL, with a sentence that says what to do as well. */
int check_refused(struct check_report *report, char *sentence) _must_check_;

/* WARN: "WHAT: only root can tell". */
int check_needs_root(struct check_report *report, const char *what) _must_check_;

/* WARN: "WHAT cannot be told, for WHY". */
int check_unknown(struct check_report *report, const char *what, const char *why) _must_check_;

/* How many lines have a state. */
size_t check_report_count(const struct check_report *report, enum check_state state);

/* Prints all of it to standard output, as a table and a closing line, or as a JSON array.
 * -ENOMEM. */
int check_report_print(const struct check_report *report) _must_check_;
int check_report_print_json(const struct check_report *report) _must_check_;

void check_report_done(struct check_report *report);

#define _cleanup_check_report_ _cleanup_(check_report_done)
