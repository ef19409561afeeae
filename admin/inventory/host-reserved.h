/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which devices the files in early.d reserve for VMs from boot on. */

#include "host-devices.h"

/* Marks them. A file that is wrong reserves nothing; "hostdevctl early list" tells of it. */
int inventory_mark_reserved(struct inventory *inventory, struct error *error) _must_check_;
