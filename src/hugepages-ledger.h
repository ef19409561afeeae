/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which huge pages were added to the host's pools for which VM. It stands in a state file, for the
 * kernel gives what it can and does not tell; so what was there, asked for and obtained is written
 * down:
 *
 *     {"node0 2048 win10":{"before":10,"asked":512,"obtained":512},…}
 */

#include <stdbool.h>

#include "error.h"
#include "state-file.h"

#define LEDGER_FILE ".hugepages"

struct ledger {
    int directory;
    struct state_file file; /* locked */
};

/* Opens and locks the ledger, and settles what a dead writer left unfinished, before anybody
 * changes a pool. ledger_close in any case. */
int ledger_open(uint64_t deadline, struct ledger *ret, struct error *error) _must_check_;

void ledger_close(struct ledger *ledger);

#define _cleanup_ledger_ _cleanup_(ledger_close)

/* Pages of a pool that were added for those domains of which `counts` says so. */
uint64_t ledger_count(const struct ledger *ledger, unsigned node, uint64_t kib,
                      bool (*counts)(const char *domain, const void *data), const void *data);

/* Makes a pool larger by up to `count` pages for a domain; *ret is by how much. `thorough`: has the
 * kernel make room for that. */
int ledger_grow(struct ledger *ledger, const char *domain, unsigned node, uint64_t kib,
                uint64_t count, bool thorough, uint64_t *ret, struct error *error) _must_check_;

/* A domain that has pages in the ledger and of which `wanted` says so; *ret_kib is their size.
 * Owned by the caller, NULL when there is none. */
char *ledger_find(const struct ledger *ledger, bool (*wanted)(const char *domain, const void *data),
                  const void *data, uint64_t *ret_kib) _must_check_;

/* Gives back all pages of a size that were added for a domain, and no more. */
int ledger_give_back(struct ledger *ledger, const char *domain, uint64_t kib,
                     struct error *error) _must_check_;
