/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Verbs: what the tool can be told to do, a table of them for each level (hostdevctl early, and
 * early list below it), and the help that comes from the same table.
 */

#include "util.h"

/* Besides EXIT_SUCCESS and EXIT_FAILURE: it was called in a way that means nothing. */
#define EXIT_USAGE 2

struct verb {
    const char *name;
    const char *arguments; /* "[--json]", as the usage has it */
    const char *summary;   /* a line in the list of verbs */
    const char *details;   /* more, lines with their newlines; NULL: there is nothing more to say */
    int (*run)(int argc, char **argv); /* argv[0] is the verb; an exit code */
};

struct verbs {
    const char *command; /* "hostdevctl early" */
    const char *about;   /* what it is for; lines with their newlines */
    const char *notes;   /* below the list of verbs; the same */
    const struct verb *items;
    size_t count;
};

/* Runs the verb that argv[1] names, or shows the help where that was asked for. An exit code. */
int verbs_run(const struct verbs *verbs, int argc, char **argv);
