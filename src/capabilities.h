/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* From now on this process and its workers act with no more than what the steps need of root's
 * power. Programs that they start get all of it: mdevctl's scripts may do anything. A negative
 * errno: all is as it was. */
int capabilities_limit(void) _must_check_;
