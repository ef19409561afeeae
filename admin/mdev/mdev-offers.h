/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the host offers of mediated devices, and of NVIDIA's vGPUs that are virtual functions
 * instead (see host-vgpu.h): a row for each type of each device that offers some. The vGPUs of all
 * functions of a card are one row, whose device is the card.
 */

#include "error.h"
#include "host-mdev.h"

/* One that somebody has made. */
struct mdev_instance {
    char *id;     /* UUID, or the address of a virtual function */
    char *holder; /* "VM win10"; NULL: nobody has it open, or only root can tell */
};

struct mdev_offer {
    char *parent;
    char *type;
    char *label;       /* "" when there is none */
    char *description; /* the same */
    bool is_vgpu;
    int available; /* how many more there can be; negative errno: it cannot be told */
    struct mdev_instance *instances;
    size_t n_instances;
    char **free; /* virtual functions that can become one; of vGPUs only */
    size_t n_free;
};

struct mdev_offers {
    struct mdev_offer *items;
    size_t count;
    struct host_mdevs mdevs; /* what the rows of mediated devices come from */
};

/* Reads them all. What may block is read in workers, of either kind for up to `patience`
 * microseconds; -ETIME with a sentence that names what does not answer: then there are the rows
 * nevertheless, with what is known. */
int mdev_offers_read(struct mdev_offers *ret, uint64_t patience, struct error *error) _must_check_;

void mdev_offers_done(struct mdev_offers *offers);

#define _cleanup_mdev_offers_ _cleanup_(mdev_offers_done)
