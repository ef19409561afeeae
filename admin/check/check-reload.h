/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* When systemd has last told a service to read its configuration again, in microseconds of real
 * time; 0: never, or it cannot be told. Waits for systemd no longer than two seconds. */
uint64_t reloaded_at(const char *service);
