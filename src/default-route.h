/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* Whether a default route of IPv4 or IPv6 leads through the network interface: 1, 0, or a negative
 * errno when that cannot be read. */
int default_route_is_through(const char *interface) _must_check_;
