/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How the devices of the inventory stand now: their override, whether they are reserved from boot
 * on, and who holds them. What of it may block behind a driver is asked in a worker process with a
 * deadline: a device whose driver does not answer is marked so, and the others are told of.
 *
 * Others than root can be told little; what they cannot know is unknown, never free.
 */

#include "host-devices.h"

/* -ENOMEM, or what keeps workers from being run. */
int inventory_ask(struct inventory *inventory, struct error *error) _must_check_;
