/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What /run/hostdevctl tells of who holds what, file by file; read without taking part: nothing is
 * locked for long, nothing is changed. Only root can. */

#include "journal.h"

enum holding_state {
    HOLDING_LIVE,    /* its VM runs, or its daemon has something in hand for it */
    HOLDING_BY_HAND, /* of devices that an admin has detached */
    HOLDING_STALE,   /* nobody else will give back what it tells of */
    HOLDING_NEWER,   /* a newer version of hostdevctl has written it */
    HOLDING_COPY,    /* somebody has copied or renamed it: nobody's */
    HOLDING_DAMAGED,
    HOLDING_UNREADABLE,
    HOLDING_ASIDE, /* damaged, and set aside as .damaged-NAME */
};

struct holding {
    char *file;
    char *domain; /* by the file's name */
    enum holding_state state;
    bool busy;               /* a hook, or the tool, is at work on it */
    struct journal *journal; /* NULL of those that cannot be read */
};

struct holdings {
    struct holding *items; /* ordered by domain */
    size_t count;
    char **shared; /* files of what VMs share: "hugepages", "units" */
    size_t n_shared;
};

/* Reads the directory that journal_open_directory gives. `ret` starts zeroed, and is the caller's
 * to clean up in any case. */
int holdings_read(int directory, struct holdings *ret, struct error *error) _must_check_;

/* The name of a domain, fit to be shown. Owned by the caller, NULL for lack of memory. */
char *holding_name(const struct holding *holding) _must_check_;

/* Whose it is, for sentences: "VM win10", or for a device that was detached by hand "0000:05:00.0
 * (Samsung 980 PRO)". Owned by the caller, NULL for lack of memory. */
char *holding_text(const struct holding *holding) _must_check_;

/* The PCI devices and mediated devices that a file names, however damaged it is: "0000:01:00.0",
 * UUIDs; each once. Owned by the caller (holding_names_free), NULL-terminated; NULL when it cannot
 * be read. */
char **holding_find_names(int directory, const char *file) _must_check_;
void holding_names_free(char **names);

void holdings_done(struct holdings *holdings);

#define _cleanup_holdings_ _cleanup_(holdings_done)
