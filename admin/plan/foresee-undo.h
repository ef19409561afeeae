/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A host as it would stand after the steps of a journal were undone. */

#include "host.h"
#include "journal.h"

void foresee_undo(const struct journal *journal, struct host *host);
