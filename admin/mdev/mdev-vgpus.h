/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part of mdev-offers.h that is about NVIDIA's vGPUs without mdev. */

#include "mdev-offers.h"

/* Adds a row for each type that a virtual function can become or is. Errors as mdev_offers_read. */
int mdev_vgpus_read(struct mdev_offers *offers, uint64_t deadline,
                    struct error *error) _must_check_;

/* Appends an empty row, or an instance to one. NULL, -ENOMEM for lack of memory. */
struct mdev_offer *mdev_offers_add(struct mdev_offers *offers, const char *parent, const char *type,
                                   const char *label, const char *description) _must_check_;
int mdev_offer_add_instance(struct mdev_offer *offer, const char *id,
                            const char *holder) _must_check_;
