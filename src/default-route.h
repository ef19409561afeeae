/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* Whether a default route of IPv4 or IPv6 leads through the network interface. */
bool default_route_is_through(const char *interface);
