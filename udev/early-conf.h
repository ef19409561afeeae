/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads /etc/hostdevctl/early.d. */

#include "early-rule.h"
#include "error.h"

#define EARLY_DIRECTORY SYSCONFDIR "/hostdevctl/early.d"

/* Reads all files, in alphabetical order. Each stands for itself: of one that is wrong in any way
 * nothing is taken, and `complain` gets the sentence that tells why (file:line), so that a mistake
 * in one does not give the devices of the others to the host. Returns how many are wrong, or a
 * negative errno when there is no telling what is reserved; `ret` is the caller's to clean up in
 * any case. */
int early_conf_read(struct early_rules *ret, void (*complain)(const char *sentence),
                    struct error *error) _must_check_;
