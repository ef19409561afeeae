/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the types of mediated devices are shown, to people and to scripts. -ENOMEM. */

#include "mdev-offers.h"

int mdev_print(const struct mdev_offer *offers, size_t count) _must_check_;
int mdev_print_json(const struct mdev_offer *offers, size_t count) _must_check_;
