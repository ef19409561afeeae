/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Mistakes in the files below /etc/hostdevctl: all of them, not only the first of each file. */

#include <stdbool.h>

#include "error.h"

enum conf_finding_kind {
    CONF_MISTAKE,
    CONF_TRUST,   /* others than root can write it, which is a mistake as well */
    CONF_WARNING, /* no mistake, but perhaps not meant */
};

struct conf_finding {
    char *file;
    int line; /* 0: it is about the file */
    enum conf_finding_kind kind;
    char *what;
};

struct conf_findings {
    struct conf_finding *items;
    size_t count;
    size_t files;      /* that were read */
    size_t mistakes;   /* of the items */
    bool hidden;       /* some cannot be read by this user */
    bool lacks_memory; /* there may be more */
};

/* Reads all files. The result is the caller's to clean up. */
void conf_check(struct conf_findings *ret);

void conf_findings_done(struct conf_findings *findings);

#define _cleanup_conf_findings_ _cleanup_(conf_findings_done)
