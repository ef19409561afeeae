/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a prepare would do, without doing any of it: nothing is claimed or written down, no module
 * is loaded, and nobody's leftovers are given back; it is looked as if they were.
 */

#include "domain.h"
#include "step.h"

/* A device of the domain for which no step is planned. */
struct foreseen_left {
    char *what; /* "0000:05:00.0 (Samsung 980 PRO)" */
    char *id;   /* its address or UUID */
    char *why;  /* "on vfio-pci already, and stays there" */
};

struct foreseen {
    struct steps steps; /* in the order they would be applied */
    struct steps loads; /* modules that would be loaded before it can be told what is on offer */
    bool incomplete;    /* steps are missing that depend on these */
    char **reclaimed;   /* VMs that are gone, whose devices would be given back first */
    size_t n_reclaimed;
    bool own_first; /* so would what this VM has, or a start of it that was cut short has left */
    bool running;   /* the VM runs now */
    struct foreseen_left *left;
    size_t n_left;
};

/* Foresees the start of a domain by a libvirt of this version (as host_read takes it; 0: of the
 * daemon that runs, or else the library that is installed), going by the configuration there is.
 * Others than root cannot see what VMs hold, nor all users of a device: they are told what would be
 * done if nobody had it. `ret` starts zeroed, and is the caller's to clean up in any case. A
 * negative errno with the sentence that prepare would refuse with. */
int foresee(const struct domain *domain, unsigned libvirt, struct foreseen *ret,
            struct error *error) _must_check_;

void foreseen_done(struct foreseen *foreseen);

#define _cleanup_foreseen_ _cleanup_(foreseen_done)
