/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the VMs that live want of a thing they share: the data of their steps of one kind, out of
 * their journals.
 */

#include "cpulist.h"
#include "step.h"

struct share {
    char *domain;
    struct cpulist cpus; /* "cpus" of the data; empty without */
    struct json_object *data;
};

struct shares {
    struct share *items; /* ordered by domain */
    size_t count;
    struct cpulist cpus;   /* those of all */
    struct cpulist online; /* on the host now */
};

/* Reads the shares of all live VMs: not of those that are released, whose daemon and QEMU are dead,
 * or that are called `except` (NULL: none). Journals that cannot be read count as none, which is
 * logged. -ENOMEM; -EIO when it cannot be read which CPUs are online. shares_done in any case. */
int shares_read(int directory, const struct step_kind *kind, const char *except,
                struct shares *ret) _must_check_;

void shares_done(struct shares *shares);

#define _cleanup_shares_ _cleanup_(shares_done)
