/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inventory on standard output. -ENOMEM. */

#include "host-devices.h"

/* A table by IOMMU group, or by address where there is no IOMMU. */
int list_print_groups(const struct inventory *inventory, bool is_short) _must_check_;

/* A table in which each device is below the bridge that it is behind. */
int list_print_tree(const struct inventory *inventory, bool is_short) _must_check_;

/* An array of objects, for scripts. */
int list_print_json(const struct inventory *inventory) _must_check_;
